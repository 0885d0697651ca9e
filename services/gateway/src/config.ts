import { kafkaConfigShape, schemaRegistryConfigShape } from '@millrace/event-log';
import { eventTimeConfigShape } from '@millrace/processing';
import { telemetryConfigShape } from '@millrace/telemetry';
import { z } from 'zod';

const MEBIBYTE = 1024 * 1024;
const bytes = z.coerce.number().int().min(1024);

/** The gateway's options; each is read from `MILLRACE_` and its name in upper snake case. */
export const gatewayConfigSchema = z.object({
  ...telemetryConfigShape,
  ...kafkaConfigShape,
  ...schemaRegistryConfigShape,
  ...eventTimeConfigShape,
  gatewayPort: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(7400)
    .describe('Port to listen on; 0 for a free one.'),
  gatewayMaxBodyBytes: bytes
    .default(16 * MEBIBYTE)
    .describe(
      'Largest body that is read as a whole: JSON, and NDJSON or Arrow that is atomic. Also the longest line.',
    ),
  gatewayMaxStreamBytes: bytes
    .default(1024 * MEBIBYTE)
    .describe('Largest NDJSON or Arrow body, which is written while it is read.'),
  gatewayMaxBytesInFlight: bytes
    .default(64 * MEBIBYTE)
    .describe(
      'Bytes of bodies that are being read or written to Kafka; beyond it requests are answered with 429.',
    ),
  gatewayMaxRowBytes: bytes
    .default(1_000_000)
    .describe('Largest row as a record of the log; the broker must take it (message.max.bytes).'),
  gatewayDefaultProducer: z
    .string()
    .min(1)
    .default('unknown')
    .describe('The producer of events whose request has no X-Millrace-Producer header.'),
  gatewayDefinitionWaitMs: z.coerce
    .number()
    .int()
    .min(0)
    .default(2000)
    .describe('How long a request for an unknown view waits for the definitions to catch up before its 404.'),
});

/** See {@link gatewayConfigSchema}. */
export type GatewayConfig = z.output<typeof gatewayConfigSchema>;
