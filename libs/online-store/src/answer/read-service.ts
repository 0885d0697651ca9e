import type { FeatureValue, ResolvedService } from '@millrace/feature-registry';
import { type Clock, type Micros, systemClock } from '@millrace/kernel';
import type { OnlineStoreReader } from '../port.ts';
import type { FeatureStatus, ServedRow, ServiceAnswer } from './answer.ts';
import { compileReadPlan, type RequestedEntity } from './plan-reads.ts';
import { readRows, servedRow, statusOf } from './read-rows.ts';
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
 * row; if it is deleted or older than the TTL, every value is null.
 *
 * @throws MillraceError KEY_INVALID, SCHEMA_UNKNOWN, STORE_UNAVAILABLE
 */
export async function readService(
  store: Pick<OnlineStoreReader, 'read'>,
  service: ResolvedService,
  entities: readonly RequestedEntity[],
  { at, withOrigin = false, schemas, clock = systemClock }: ReadServiceOptions = {},
): Promise<ServiceAnswer> {
  const views = await readRows(store, compileReadPlan(service), entities);
  const now = at ?? clock.now();
  const columns = await Promise.all(
    views.map(async ({ member, rows }) => {
      const features = member.features.map(({ feature }) => feature);
      const decoders = new RowDecoders(member.view, features, schemas);
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

function statusOfValue(value: FeatureValue | undefined): FeatureStatus {
  if (value === undefined) return 'NOT_FOUND';
  return value === null ? 'NULL_VALUE' : 'PRESENT';
}
