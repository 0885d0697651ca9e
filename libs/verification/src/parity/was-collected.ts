import type { Micros } from '@millrace/kernel';
import { type CollectionTime, mayBeCollected, type StoredRow } from '@millrace/online-store';

/**
 * Whether stores differ only because the online store has let its newest row go, as it may. A row that came late, or a
 * copy of the one that went, may stand in its place: no later, and so too old to be served as well.
 */
export function wasCollected(
  online: Pick<StoredRow, 'eventTime'> | undefined,
  offline: Pick<StoredRow, 'eventTime' | 'recordedAt'> | undefined,
  ttl: Micros | null,
  time: CollectionTime,
): boolean {
  if (offline === undefined || (online !== undefined && online.eventTime > offline.eventTime)) return false;
  return mayBeCollected(offline, ttl, time);
}
