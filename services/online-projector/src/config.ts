import { kafkaConfigShape, schemaRegistryConfigShape } from '@millrace/event-log';
import { durationOption } from '@millrace/kernel';
import { collectionConfigShape } from '@millrace/online-store';
import { eventTimeConfigShape } from '@millrace/processing';
import { telemetryConfigShape } from '@millrace/telemetry';
import { z } from 'zod';

const MEBIBYTE = 1024 * 1024;

/** The online projector's options; each is read from `MILLRACE_` and its name in upper snake case. */
export const onlineProjectorConfigSchema = z.object({
  ...telemetryConfigShape,
  ...kafkaConfigShape,
  ...schemaRegistryConfigShape,
  ...eventTimeConfigShape,
  ...collectionConfigShape,
  onlineProjectorPort: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(7404)
    .describe('Port for health and metrics; 0 for a free one.'),
  redisUrl: z
    .url()
    .default('redis://127.0.0.1:6379')
    .describe('The Redis of the online store, with user and password where it has them; rediss:// for TLS.'),
  redisCluster: z.stringbool().default(false).describe('Whether that Redis is a node of a cluster.'),
  onlineStoreName: z
    .string()
    .regex(/^[\w.-]+$/)
    .default('millrace')
    .describe('What every key of the online store begins with.'),
  onlineProjectorCheckpointMs: z.coerce
    .number()
    .int()
    .min(10)
    .default(5_000)
    .describe('Milliseconds between checkpoints; about as much is read again after a crash.'),
  onlineProjectorGenerationGrace: durationOption('30s').describe(
    'How long a generation that was live before a rebuild is kept up to date; after twice that it is deleted. Readers hold on to it for up to 15 seconds.',
  ),
  onlineProjectorGcInterval: durationOption('1h').describe(
    'In what time garbage collection looks at every row once.',
  ),
  onlineProjectorFetchBytes: z.coerce
    .number()
    .int()
    .min(1024)
    .default(4 * MEBIBYTE)
    .describe('Most bytes of one partition in one batch; larger ones are quicker and take more memory.'),
});

/** See {@link onlineProjectorConfigSchema}. */
export type OnlineProjectorConfig = z.output<typeof onlineProjectorConfigSchema>;
