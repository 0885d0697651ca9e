import type { ResolvedServiceView } from '@millrace/feature-registry';
import type { Micros } from '@millrace/kernel';
import type { OnlineStoreReader, StoredRow } from '../port.ts';
import type { ServedRow, ViewStatus } from './answer.ts';
import type { ReadPlan, RequestedEntity } from './plan-reads.ts';

/** The newest rows of a view, one for each requested entity; undefined where there is none. */
export interface ViewRows {
  readonly member: ResolvedServiceView;
  readonly rows: readonly (StoredRow | undefined)[];
}

/**
 * Reads the rows of a service as they are stored, for callers that make their own form of the values.
 *
 * @returns one for each view, in the order of the service.
 * @throws MillraceError KEY_INVALID, STORE_UNAVAILABLE
 */
export async function readRows(
  store: Pick<OnlineStoreReader, 'read'>,
  plan: ReadPlan,
  entities: readonly RequestedEntity[],
): Promise<readonly ViewRows[]> {
  const planned = plan(entities);
  const found = await store.read(planned.reads);
  return planned.views.map(({ member, reads, view }) => ({
    member,
    rows: reads.map((read) => (read === undefined ? undefined : found[read]?.[view])),
  }));
}

/**
 * What becomes of a row. The store holds only the newest row, so where that is after `at` the answer is
 * NOT_FOUND, never a value from the future.
 *
 * @param now the time that the age of a row is counted back from.
 * @param at the time that was asked for, if one was; rows after it are not used.
 */
export function statusOf(
  row: StoredRow | undefined,
  ttl: Micros | null,
  now: Micros,
  at: Micros | undefined,
): ViewStatus {
  if (row === undefined || row.value === null) return 'NOT_FOUND';
  if (at === undefined && ttl === null) return 'PRESENT';
  const { eventTime } = row;
  if (at !== undefined && eventTime > at) return 'NOT_FOUND';
  return ttl !== null && eventTime < now - ttl ? 'OUTSIDE_MAX_AGE' : 'PRESENT';
}

/** The row that an answer came from, as it is told. */
export function servedRow(
  { name, view }: ResolvedServiceView,
  row: StoredRow | undefined,
  status: ViewStatus,
): ServedRow {
  const served = status === 'NOT_FOUND' ? undefined : row;
  return {
    name,
    view: view.definition.name,
    status,
    eventTime: served?.eventTime ?? null,
    topic: view.topic,
    position: served?.position ?? null,
  };
}
