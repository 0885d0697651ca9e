import { z } from 'zod';

/** How to reach Kafka, and how topics are made there. Spread into a service's config. */
export const kafkaConfigShape = {
  kafkaBrokers: z
    .string()
    .default('127.0.0.1:9092')
    .transform((text) => text.split(',').map((broker) => broker.trim()))
    .describe('Brokers to begin with, as host:port, separated by commas.'),
  kafkaTls: z.stringbool().default(false).describe('Whether connections to Kafka are encrypted.'),
  kafkaSaslMechanism: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .optional()
    .describe('How to sign in to Kafka; without it there is no sign-in.'),
  kafkaUsername: z.string().default('').describe('The user for SASL.'),
  kafkaPassword: z.string().default('').describe('The password for SASL.'),
  kafkaPartitions: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_536)
    .default(8)
    .describe('Partitions of a topic that is made.'),
  kafkaReplication: z.coerce.number().int().min(1).default(1).describe('Replicas of a topic that is made.'),
  kafkaMinInSyncReplicas: z.coerce
    .number()
    .int()
    .min(1)
    .default(1)
    .describe('Replicas that must have a write.'),
  kafkaSessionTimeoutMs: z.coerce
    .number()
    .int()
    .min(3_000)
    .default(30_000)
    .describe(
      'Milliseconds without a heartbeat after which a consumer counts as gone and others take its partitions; the broker has a least one (group.min.session.timeout.ms).',
    ),
  kafkaAppendTimeoutMs: z.coerce
    .number()
    .int()
    .min(100)
    .default(10_000)
    .describe(
      'Milliseconds that an append waits for the answer of Kafka before it fails; a service then says 503.',
    ),
};

const kafkaConfigSchema = z.object(kafkaConfigShape);

/** See {@link kafkaConfigShape}. */
export type KafkaConfig = z.infer<typeof kafkaConfigSchema>;

/** The defaults with some options changed, for tools and tests that have no environment. */
export function kafkaConfig(options: z.input<typeof kafkaConfigSchema>): KafkaConfig {
  return kafkaConfigSchema.parse(options);
}
