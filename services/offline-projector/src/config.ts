import { kafkaConfigShape, schemaRegistryConfigShape } from '@millrace/event-log';
import { parseDuration } from '@millrace/kernel';
import { clickHouseConfigShape } from '@millrace/offline-store';
import { telemetryConfigShape } from '@millrace/telemetry';
import { z } from 'zod';

const duration = z.string().transform((text, context) => {
  const parsed = parseDuration(text);
  if (parsed.ok) return parsed.value;
  context.addIssue(parsed.error);
  return z.NEVER;
});

/** The offline projector's options; each is read from `MILLRACE_` and its name in upper snake case. */
export const offlineProjectorConfigSchema = z.object({
  ...telemetryConfigShape,
  ...kafkaConfigShape,
  ...schemaRegistryConfigShape,
  ...clickHouseConfigShape,
  offlineProjectorPort: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(7405)
    .describe('Port for health and metrics; 0 for a free one.'),
  maxAhead: duration
    .default(600_000_000n)
    .describe('How far an event time may lie ahead of the recording, such as 10m (the default).'),
  offlineProjectorLingerMs: z.coerce
    .number()
    .int()
    .min(0)
    .default(200)
    .describe('Milliseconds that rows wait for others at the end of the log; behind it none wait.'),
  offlineProjectorFetchBytes: z.coerce
    .number()
    .int()
    .min(1024)
    .default(4 * 1024 * 1024)
    .describe('Most bytes of one partition in one batch.'),
});

/** See {@link offlineProjectorConfigSchema}. */
export type OfflineProjectorConfig = z.output<typeof offlineProjectorConfigSchema>;
