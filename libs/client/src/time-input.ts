import { formatInstant, type Micros } from '@millrace/kernel';

/**
 * A time that is handed in: microseconds as a bigint, a Date (whole milliseconds), or ISO 8601 text with a zone, which
 * the server checks.
 */
export type TimeInput = Micros | Date | string;

/** A time as JSON carries it. */
export function timeToJson(time: TimeInput): string {
  if (typeof time === 'bigint') return formatInstant(time);
  return typeof time === 'string' ? time : time.toISOString();
}
