import type { DefinedView, FeatureType } from '@millrace/feature-registry';
import type { DeletionOf, LooseRow, RowOf } from './feature-types.ts';
import type { Http } from './http.ts';
import { toJson } from './json-values.ts';
import { timeToJson } from './time-input.ts';
import { writeBatches, type WriteOptions, type Written } from './write.ts';

/** Writes rows of one view. */
export interface FeatureWriter<Row, Deletion> {
  /**
   * Writes rows and answers once Kafka has them.
   *
   * @throws MillraceError ROWS_REJECTED when some were refused (the others are written, unless `atomic`); LOG_UNAVAILABLE,
   * OVERLOADED and others of the gateway after the tries ran out.
   */
  write(rows: readonly Row[], options?: WriteOptions): Promise<Written>;
  /** Deletes entities' rows as of an event time: reads at or after it find nothing. */
  delete(keys: readonly Deletion[], options?: WriteOptions): Promise<Written>;
}

/** A writer for a view by its definition, or, without the help of types, by its name. */
export interface FeatureWriters {
  <V extends DefinedView>(view: V): FeatureWriter<RowOf<V>, DeletionOf<V>>;
  (view: string): FeatureWriter<LooseRow, LooseRow>;
}

/** Rows in one request: some hundreds make the most of it. */
const BATCH_ROWS = 500;

/** Writers of feature views. */
export function featureWriters(gateway: Http): FeatureWriters {
  return (view: DefinedView | string): FeatureWriter<LooseRow, LooseRow> => {
    const name = typeof view === 'string' ? view : view.definition.name;
    const types = typeof view === 'string' ? {} : typesOf(view);
    const path = `/v1/features/${encodeURIComponent(name)}`;
    const send = (rows: readonly unknown[], options: WriteOptions = {}) =>
      writeBatches(gateway, path, rows, BATCH_ROWS, options);
    return {
      write: async (rows, options) =>
        written(
          await send(
            rows.map((row) => rowToJson(row, types)),
            options,
          ),
        ),
      delete: async (keys, options) =>
        written(
          await send(
            keys.map((key) => ({ ...rowToJson(key, {}), deleted: true })),
            options,
          ),
        ),
    };
  };
}

function written({ accepted, rejected, positions }: Written): Written {
  return { accepted, rejected, positions };
}

function typesOf(view: DefinedView): Readonly<Record<string, FeatureType>> {
  return Object.fromEntries(Object.entries(view.features).map(([name, { type }]) => [name, type]));
}

function rowToJson(row: LooseRow, types: Readonly<Record<string, FeatureType>>): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const [column, value] of Object.entries(row)) {
    if (value !== undefined) json[column] = toJson(value, types[column]);
  }
  json['eventTime'] = timeToJson(row.eventTime);
  return json;
}
