import type { Micros } from '@millrace/kernel';
import type { StoredRow } from './port.ts';

/**
 * What has to be known of one view and entity key to find its newest row whatever comes next: every event at
 * the winning event time, each at its smallest position. Values are kept too, because the position of the
 * winner may still fall when an earlier copy of it turns up, and another event then wins.
 */
export interface TiedRows {
  readonly eventTime: Micros;
  readonly byEventId: ReadonlyMap<string, StoredRow>;
}

/** Takes in one event; commutative and idempotent. */
export function absorb(tied: TiedRows | undefined, row: StoredRow): TiedRows {
  if (tied === undefined || row.eventTime > tied.eventTime) {
    return { eventTime: row.eventTime, byEventId: new Map([[row.eventId, row]]) };
  }
  const known = tied.byEventId.get(row.eventId);
  if (row.eventTime < tied.eventTime || (known !== undefined && known.position <= row.position)) return tied;
  return { eventTime: tied.eventTime, byEventId: new Map(tied.byEventId).set(row.eventId, row) };
}

/** The newest row: the greatest position. */
export function newest(tied: TiedRows): StoredRow {
  return [...tied.byEventId.values()].reduce((best, row) => (row.position > best.position ? row : best));
}
