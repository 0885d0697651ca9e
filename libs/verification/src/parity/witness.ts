import type { LogRecord } from '@millrace/event-log';
import { describeKey, type Position, unpackPosition } from '@millrace/events';
import { MillraceError } from '@millrace/kernel';
import type { OnlineRow } from '@millrace/online-store';
import { RowComparison } from '../row-binary/compare-rows.ts';
import { uuidAt } from '../row-binary/cell-types.ts';
import { cellStart } from '../row-binary/row-format.ts';
import type { RowImage } from '../row-binary/view-images.ts';
import type { ViewComparer } from './compare-view.ts';
import { KEY_COLUMN } from './newest-rows.ts';
import type { OfflineRow } from './suspect.ts';

/**
 * What the log says of a row of a store. `as-logged`: it is the record at its origin. `not-logged`: there is no such
 * record, or another event. `differs`: it is that event, but not in these columns.
 */
export type Witness =
  | { readonly is: 'as-logged' }
  | { readonly is: 'not-logged'; readonly why: string }
  | { readonly is: 'differs'; readonly columns: readonly string[] };

/** Asks the log about rows of one view. */
export class WitnessBox {
  readonly #comparer: ViewComparer;
  readonly #records: ReadonlyMap<string, LogRecord>;
  readonly #offline: RowComparison;

  /** @param records by {@link placeName}: every record that a row names as its origin, where the log has it. */
  constructor(comparer: ViewComparer, records: ReadonlyMap<string, LogRecord>) {
    this.#comparer = comparer;
    this.#records = records;
    this.#offline = new RowComparison(comparer.format, new Set([KEY_COLUMN, 'topic']));
  }

  /** The record at a position as a row; undefined where the log has none. @throws MillraceError when it is no row. */
  async #logged(position: Position): Promise<RowImage | undefined> {
    const { epoch, partition, offset } = unpackPosition(position);
    const record = this.#records.get(`${partition}@${offset}`);
    if (record === undefined || epoch !== this.#comparer.view.epoch) return undefined;
    await this.#comparer.images.prepare(record.value);
    return this.#comparer.images.image(record.value, {
      epoch,
      partition,
      offset,
      recordedAt: record.recordedAt,
    });
  }

  #loggedKey(position: Position): Buffer {
    const { partition, offset } = unpackPosition(position);
    return this.#comparer.images.keyOf(this.#records.get(`${partition}@${offset}`)?.value ?? null);
  }

  async online(row: OnlineRow): Promise<Witness> {
    return this.#heard(row.position, row, (logged) => {
      const { partition, offset } = unpackPosition(row.position);
      const value = this.#records.get(`${partition}@${offset}`)?.value;
      const deleted = cellOfName(logged, 'deleted') === 1;
      if (timeOf(logged, 'event_time') !== row.eventTime) return ['event_time'];
      if (timeOf(logged, 'recorded_at') !== row.recordedAt / 1000n) return ['recorded_at'];
      if (row.value === null) return deleted ? [] : ['deleted'];
      if (value?.equals(row.value) === true) return [];
      const image = this.#comparer.imageOf(row);
      return image === undefined ? ['value'] : differingCells(image, logged);
    });
  }

  async offline(key: Buffer, row: OfflineRow): Promise<Witness> {
    return this.#heard(row.position, { key, eventId: row.eventId }, (logged) =>
      this.#offline.differing(row.row, logged),
    );
  }

  async #heard(
    position: Position,
    { key, eventId }: { readonly key: Buffer; readonly eventId: string },
    differing: (logged: RowImage) => readonly string[],
  ): Promise<Witness> {
    let logged: RowImage | undefined;
    try {
      logged = await this.#logged(position);
    } catch (error) {
      if (!(error instanceof MillraceError) || error.retry) throw error;
      return { is: 'not-logged', why: `the record there is no row (${error.code})` };
    }
    if (logged === undefined) return { is: 'not-logged', why: 'the log has no record there' };
    const loggedId = uuidAt(logged.bytes, cellStart(logged, logged.format.indexOf('event_id') ?? 0));
    if (loggedId !== eventId)
      return { is: 'not-logged', why: `the record there is another event, ${loggedId}` };
    const loggedKey = this.#loggedKey(position);
    if (!loggedKey.equals(key)) {
      const { keyCodec } = this.#comparer.view;
      return { is: 'not-logged', why: `the record there is of ${describeKey(keyCodec.decode(loggedKey))}` };
    }
    const columns = differing(logged);
    return columns.length === 0 ? { is: 'as-logged' } : { is: 'differs', columns };
  }
}

function timeOf(image: RowImage, column: 'event_time' | 'recorded_at'): bigint {
  return image.bytes.readBigInt64LE(cellStart(image, image.format.indexOf(column) ?? 0));
}

function cellOfName(image: RowImage, name: string): number | undefined {
  return image.bytes[cellStart(image, image.format.indexOf(name) ?? 0)];
}

/** The columns in which two images of one record differ, recording time left out. */
function differingCells(image: RowImage, logged: RowImage): readonly string[] {
  const comparison = new RowComparison(logged.format, new Set(['recorded_at']));
  const columns = comparison.differing(logged, image);
  // The same row in other bytes: written with another schema, say.
  return columns.length === 0 ? ['value'] : columns;
}
