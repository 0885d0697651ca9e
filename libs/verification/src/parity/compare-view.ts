import type { RegisteredView } from '@millrace/feature-registry';
import { packPosition, unpackPosition } from '@millrace/events';
import { rowBinaryOf } from '../query.ts';
import type { VerificationParts } from '../parts.ts';
import { uuidAt } from '../row-binary/cell-types.ts';
import { RowComparison } from '../row-binary/compare-rows.ts';
import { headerColumns, headerImage } from '../row-binary/header-image.ts';
import { type BinaryRow, cellStart, type FormatColumn, RowFormat } from '../row-binary/row-format.ts';
import { type RowImage, ViewImages } from '../row-binary/view-images.ts';
import type { BucketChunk, FoundRow } from './bucket-chunk.ts';
import { KEY_COLUMN, newestRowsColumns, newestRowsQuery } from './newest-rows.ts';
import type { OfflineRow, Suspect } from './suspect.ts';

/** What the online store does not know of a row. */
const UNKNOWN_ONLINE = ['topic', KEY_COLUMN];

/** How rows of one view are compared; made once, used for every chunk. */
export class ViewComparer {
  readonly view: RegisteredView;
  /** The table with the view's records. */
  readonly rows: string;
  readonly format: RowFormat;
  readonly images: ViewImages;
  readonly #table: readonly FormatColumn[];
  readonly #keys: ReadonlySet<string>;
  readonly #header: RowComparison;
  readonly #value: RowComparison;
  readonly #deletion: RowComparison;

  /** @param columns those of the table `rows`. */
  constructor(
    view: RegisteredView,
    rows: string,
    columns: readonly FormatColumn[],
    registry: VerificationParts['registry'],
  ) {
    this.view = view;
    this.rows = rows;
    this.#table = columns;
    this.#keys = new Set(Object.keys(view.entity.keys));
    this.format = new RowFormat(newestRowsColumns(columns));
    this.images = new ViewImages(view, registry, columns);
    const others = this.format.columns.map(({ name }) => name).filter((name) => !headerColumns.has(name));
    this.#header = new RowComparison(this.format, new Set(others));
    this.#value = new RowComparison(this.format, new Set(UNKNOWN_ONLINE));
    this.#deletion = new RowComparison(this.format, new Set([...UNKNOWN_ONLINE, 'schema_id', ...this.#keys]));
  }

  /**
   * Every entity key of a view in a chunk for which the stores have not the same row.
   *
   * @param rows what the chunk has of the view; those ahead of their bucket come as suspects in any case.
   */
  async *suspects(
    { clickhouse }: Pick<VerificationParts, 'clickhouse'>,
    chunk: BucketChunk,
    rows: readonly FoundRow[],
    onCompared: () => void,
  ): AsyncGenerator<Suspect, void, undefined> {
    const left = new Map(rows.map((found) => [found.row.key.toString('latin1'), found.row]));
    const ahead = new Set<string>();
    for (const found of rows) {
      if (!chunk.isAhead(found, this.view)) continue;
      const name = found.row.key.toString('latin1');
      ahead.add(name);
      left.delete(name);
      yield { key: found.row.key, online: found.row, offline: undefined, columns: [], isAhead: true };
    }
    const seen = new Map<string, (typeof rows)[number]['row']>();
    const query = newestRowsQuery(this.view, this.rows, this.#table, chunk);
    const what = `the newest rows of ${this.view.definition.name}`;
    for await (const row of this.format.rows(rowBinaryOf(clickhouse, what, query))) {
      const key = this.#keyOf(row);
      const name = key.toString('latin1');
      if (ahead.has(name)) continue;
      // A record that was stored twice comes twice, and may differ the second time.
      const online = left.get(name) ?? seen.get(name);
      left.delete(name);
      if (online !== undefined) seen.set(name, online);
      onCompared();
      const offline = this.offlineRow(row);
      if (online === undefined) {
        yield { key, online, offline, columns: [] };
        continue;
      }
      await this.images.prepare(online.value);
      const columns = this.differing(row, online);
      if (columns.length > 0) yield { key, online, offline, columns };
    }
    for (const online of left.values()) {
      onCompared();
      yield { key: online.key, online, offline: undefined, columns: [] };
    }
  }

  /** The columns in which a row of the offline store is not what the online store has. */
  differing(row: BinaryRow, online: FoundRow['row']): readonly string[] {
    const header = headerImage(online);
    if (online.value === null) return this.#deletion.differing(row, header);
    const columns = this.#header.differing(row, header);
    const image = this.imageOf(online);
    if (image === undefined) return [...new Set([...columns, 'value'])];
    return [...new Set([...columns, ...this.#value.differing(row, image)])];
  }

  /** The row that the value of an online row stands for; undefined when none can be made of it. */
  imageOf(online: FoundRow['row']): RowImage | undefined {
    try {
      return this.images.image(online.value, {
        ...unpackPosition(online.position),
        recordedAt: online.recordedAt,
      });
    } catch {
      return undefined;
    }
  }

  offlineRow(row: BinaryRow): OfflineRow {
    const start = (name: string) => cellStart(row, this.format.indexOf(name) ?? 0);
    const { bytes } = row;
    return {
      row,
      eventTime: bytes.readBigInt64LE(start('event_time')),
      recordedAt: bytes.readBigInt64LE(start('recorded_at')) * 1000n,
      eventId: uuidAt(bytes, start('event_id')),
      deleted: bytes[start('deleted')] === 1,
      position: packPosition({
        epoch: bytes.readUInt8(start('epoch')),
        partition: bytes.readUInt16LE(start('partition')),
        offset: bytes.readBigUInt64LE(start('offset')),
      }),
    };
  }

  #keyOf(row: BinaryRow): Buffer {
    const index = this.format.indexOf(KEY_COLUMN) ?? 0;
    let at = cellStart(row, index);
    while ((row.bytes[at] ?? 0) > 0x7f) at += 1;
    return row.bytes.subarray(at + 1, row.starts[index + 1]);
  }
}
