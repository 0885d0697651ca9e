import type { Micros } from '@millrace/kernel';
import type { StoredRow } from './port.ts';

/** When rows are collected. */
export interface CollectionTime {
  /** The time now. */
  readonly now: Micros;
  /** How long after its TTL a row is kept, counted from its recording: late events come within it. */
  readonly horizon: Micros;
}

/**
 * Whether the store may have forgotten a row, or a deletion: it is out of date, and was recorded longer ago than the
 * TTL and the horizon for late events. Rows of views without a TTL stay.
 *
 * Whatever was hidden behind such a row is no later, so out of date as well: no read at `now` or after it differs.
 */
export function mayBeCollected(
  { eventTime, recordedAt }: Pick<StoredRow, 'eventTime' | 'recordedAt'>,
  ttl: Micros | null,
  { now, horizon }: CollectionTime,
): boolean {
  return ttl !== null && recordedAt + ttl + horizon < now && eventTime < now - ttl;
}
