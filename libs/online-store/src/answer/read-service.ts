import type { FeatureValue, ResolvedService, ResolvedServiceView } from '@millrace/feature-registry';
import { type Clock, type Micros, systemClock } from '@millrace/kernel';
import type { OnlineStoreReader, StoredRow } from '../port.ts';
import type { FeatureStatus, ServedRow, ServiceAnswer, ViewStatus } from './answer.ts';
import { planReads, type RequestedEntity } from './plan-reads.ts';
import { RowDecoders, type WriterSchemas } from './row-decoder.ts';

/** How to read a feature service. */
export interface ReadServiceOptions {
  /**
   * The time for which to read: rows after it are not used, and the age of a row is counted back from it.
   * Left out, it is now, and a row whose producer's clock is ahead is used all the same.
   */
  readonly at?: Micros;
  /** Whether to tell the row of each view. @default false */
  readonly withOrigin?: boolean;
  /** Asked for schemas that the definitions do not have. */
  readonly schemas?: WriterSchemas;
  readonly clock?: Clock;
}

/**
 * Reads the features of a service for some entities, by the rule that snapshots follow as well: take the newest
 * row; if it is deleted or older than the TTL, every value is null. The store holds only the newest row, so where
 * that is after `at` the answer is NOT_FOUND, never a value from the future.
 *
 * @throws MillraceError KEY_INVALID, SCHEMA_UNKNOWN, STORE_UNAVAILABLE
 */
export async function readService(
  store: Pick<OnlineStoreReader, 'read'>,
  service: ResolvedService,
  entities: readonly RequestedEntity[],
  { at, withOrigin = false, schemas, clock = systemClock }: ReadServiceOptions = {},
): Promise<ServiceAnswer> {
  const { reads, views } = planReads(service, entities);
  const found = await store.read(reads);
  const now = at ?? clock.now();
  const columns = await Promise.all(
    views.map(async ({ member, places }) => {
      const features = member.features.map(({ feature }) => feature);
      const decoders = new RowDecoders(member.view, features, schemas);
      const rows = places.map((place) => (place === undefined ? undefined : found[place.read]?.[place.view]));
      for (const row of rows) {
        if (row?.value && !decoders.isPrepared(row.value)) await decoders.prepare(row.value);
      }
      return { member, decoders, rows };
    }),
  );
  return {
    features: service.views.flatMap((view) => view.features.map(({ name, type }) => ({ name, type }))),
    at: now,
    entities: entities.map((_, index) => {
      const answer: { values: FeatureValue[]; statuses: FeatureStatus[]; rows: ServedRow[] } = {
        values: [],
        statuses: [],
        rows: [],
      };
      for (const { member, decoders, rows } of columns) {
        const row = rows[index];
        const status = statusOf(row, member.view.ttl, now, at);
        const values = row?.value && status === 'PRESENT' ? decoders.decode(row.value) : undefined;
        for (let feature = 0; feature < member.features.length; feature++) {
          const value = values?.[feature];
          answer.values.push(value ?? null);
          answer.statuses.push(values === undefined ? status : statusOfValue(value));
        }
        if (withOrigin) answer.rows.push(servedRow(member, row, status));
      }
      return answer;
    }),
  };
}

function statusOf(
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

function statusOfValue(value: FeatureValue | undefined): FeatureStatus {
  if (value === undefined) return 'NOT_FOUND';
  return value === null ? 'NULL_VALUE' : 'PRESENT';
}

function servedRow(
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
