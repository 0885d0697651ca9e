import { type Logger, pino } from 'pino';

export type { Logger };

/** A logger that writes one JSON object a line to stdout. Every line names the service. */
export function createLogger(service: string, level: string): Logger {
  return pino({ level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime });
}
