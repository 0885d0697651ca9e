import { z } from 'zod';

/** Logs and HTTP of a service. Spread into a service's config; the port is the service's own. */
export const telemetryConfigShape = {
  host: z.string().default('127.0.0.1').describe('Address to listen on; 0.0.0.0 for all.'),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least severe line that is logged.'),
};
