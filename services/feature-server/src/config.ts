import { z } from 'zod';
import { kafkaConfigShape, schemaRegistryConfigShape } from '@millrace/event-log';
import { clickHouseConfigShape } from '@millrace/offline-store';
import { telemetryConfigShape } from '@millrace/telemetry';

const count = z.coerce.number().int().min(1);

/** The feature server's options; environment variables `MILLRACE_…`. */
export const featureServerConfigSchema = z.object({
  ...telemetryConfigShape,
  ...kafkaConfigShape,
  ...schemaRegistryConfigShape,
  ...clickHouseConfigShape,
  featureServerPort: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(7401)
    .describe('Port to listen on; 0 for any.'),
  redisUrl: z
    .string()
    .default('redis://127.0.0.1:6379')
    .describe('Redis, as redis://user:password@host:port/database; rediss:// for TLS.'),
  redisCluster: z.stringbool().default(false).describe('Whether that is a node of a Redis Cluster.'),
  onlineMostEntities: count.default(1_000).describe('Most entities of one online read.'),
  onlineWaitMs: count.default(5_000).describe('How long a read waits for its minPositions, in milliseconds.'),
  snapshotWaitMs: count
    .default(30_000)
    .describe('How long a snapshot waits for the store to hold what it is to know, in milliseconds.'),
  spineMostMebibytes: count.default(512).describe('Largest spine that is taken, in MiB.'),
});

/** See {@link featureServerConfigSchema}. */
export type FeatureServerConfig = z.infer<typeof featureServerConfigSchema>;
