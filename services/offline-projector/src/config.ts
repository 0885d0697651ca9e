import { kafkaConfigShape, schemaRegistryConfigShape } from '@millrace/event-log';
import { durationOption } from '@millrace/kernel';
import { clickHouseConfigShape } from '@millrace/offline-store';
import { eventTimeConfigShape } from '@millrace/processing';
import { telemetryConfigShape } from '@millrace/telemetry';
import { z } from 'zod';

/** The offline projector's options; each is read from `MILLRACE_` and its name in upper snake case. */
export const offlineProjectorConfigSchema = z.object({
  ...telemetryConfigShape,
  ...kafkaConfigShape,
  ...schemaRegistryConfigShape,
  ...eventTimeConfigShape,
  ...clickHouseConfigShape,
  offlineProjectorPort: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(7405)
    .describe('Port for health and metrics; 0 for a free one.'),
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
  offlineProjectorQueueBytes: z.coerce
    .number()
    .int()
    .min(1024)
    .default(256 * 1024 * 1024)
    .describe('Most bytes of records whose rows wait to be stored; one topic takes up to a quarter of it.'),
  offlineProjectorGrace: durationOption('60s').describe(
    'How long the tables of a generation are still fed after a rebuild took their place; after twice that they are dropped.',
  ),
});

/** See {@link offlineProjectorConfigSchema}. */
export type OfflineProjectorConfig = z.output<typeof offlineProjectorConfigSchema>;
