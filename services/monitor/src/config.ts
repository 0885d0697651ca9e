import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { kafkaConfigShape, schemaRegistryConfigShape } from '@millrace/event-log';
import { describeError, durationOption } from '@millrace/kernel';
import { clickHouseConfigShape } from '@millrace/offline-store';
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
});

/** See {@link monitorConfigSchema}. */
export type MonitorConfig = z.infer<typeof monitorConfigSchema>;
