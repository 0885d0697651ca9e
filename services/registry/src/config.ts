import { z } from 'zod';
import { kafkaConfigShape, schemaRegistryConfigShape } from '@millrace/event-log';
import { telemetryConfigShape } from '@millrace/telemetry';

/** The registry's options; environment variables `MILLRACE_…`. */
export const registryConfigSchema = z.object({
  ...telemetryConfigShape,
  ...kafkaConfigShape,
  ...schemaRegistryConfigShape,
  registryPort: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(7402)
    .describe('Port to listen on; 0 for any.'),
  registryAttempts: z.coerce
    .number()
    .int()
    .min(1)
    .default(10)
    .describe('How often a change is decided again when another instance was first.'),
});

/** See {@link registryConfigSchema}. */
export type RegistryConfig = z.infer<typeof registryConfigSchema>;
