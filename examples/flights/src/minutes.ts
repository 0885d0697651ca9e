import type { Micros } from '@millrace/kernel';

/**
 * Minutes since 1970-01-01T00:00:00Z. The flights are known to the minute, and whole numbers of minutes add and
 * compare without a thought for digits.
 */
export type Minutes = number;

export const HOUR: Minutes = 60;
export const DAY: Minutes = 24 * HOUR;

/** The instant that Millrace is given for a minute. */
export function toMicros(minutes: Minutes): Micros {
  return BigInt(minutes) * 60_000_000n;
}

/** ISO 8601 in UTC, such as `2001-01-01T06:10:00Z`. */
export function formatMinutes(minutes: Minutes): string {
  return new Date(minutes * 60_000).toISOString().replace('.000Z', 'Z');
}
