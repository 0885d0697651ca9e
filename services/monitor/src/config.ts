import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { kafkaConfigShape, schemaRegistryConfigShape } from '@millrace/event-log';
import { describeError, durationOption } from '@millrace/kernel';
import { clickHouseConfigShape } from '@millrace/offline-store';
import { collectionConfigShape } from '@millrace/online-store';
import { telemetryConfigShape } from '@millrace/telemetry';
import { monitorsSchema } from './monitor-options.ts';

/** JSON, or the path of a file of it. */
const monitors = z
  .string()
  .default('[]')
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text.trimStart().startsWith('[') ? text : readFileSync(text, 'utf8'));
    } catch (error) {
      context.addIssue({
        code: 'custom',
        message: `is neither JSON nor a file of it: ${describeError(error)}`,
      });
      return z.NEVER;
    }
  })
  .pipe(monitorsSchema);

/** The monitor's options; environment variables `MILLRACE_…`. */
export const monitorConfigSchema = z.object({
  ...telemetryConfigShape,
  ...kafkaConfigShape,
  ...schemaRegistryConfigShape,
  ...clickHouseConfigShape,
  ...collectionConfigShape,
  monitorPort: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(7403)
    .describe('Port to listen on; 0 for any.'),
  monitors: monitors.describe(
    'Monitors that differ from the derived ones or are added: a JSON array, or the path of a file with one. See the README.',
  ),
  monitorIdleAfter: durationOption('5m').describe(
    'A partition holds no window open once the others were recorded ahead of it by more than this.',
  ),
  monitorPollInterval: durationOption('500ms').describe('Pause between two looks at what was applied.'),
  monitorRestateInterval: durationOption('10s').describe(
    'Shortest time between two looks for late rows of closed windows.',
  ),
  monitorVerifyInterval: durationOption('1m').describe(
    'Time between two parts of the verification of the stores; 0s for none.',
  ),
  monitorVerifyBuckets: z.coerce
    .number()
    .int()
    .min(1)
    .max(1024)
    .default(16)
    .describe('Buckets of the online store, of 1,024, that one part compares.'),
  monitorVerifyOffsets: z.coerce
    .number()
    .int()
    .min(1)
    .default(1_000_000)
    .describe('Offsets of a topic that one part of the verification looks at.'),
  redisUrl: z
    .url()
    .default('redis://127.0.0.1:6379')
    .describe('The Redis of the online store, for its verification; rediss:// for TLS.'),
  redisCluster: z.stringbool().default(false).describe('Whether that Redis is a node of a cluster.'),
  onlineStoreName: z
    .string()
    .regex(/^[\w.-]+$/)
    .default('millrace')
    .describe('What every key of the online store begins with.'),
});

/** See {@link monitorConfigSchema}. */
export type MonitorConfig = z.infer<typeof monitorConfigSchema>;
