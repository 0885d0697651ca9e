import type { OffsetVector } from '@millrace/events';
import { identifier } from '../clickhouse/sql.ts';
import { laterCopies } from '../clickhouse/table.ts';
import { isArray, presenceColumn } from '../feature-table/columns.ts';
import { physicalTable } from '../generations/physical-table.ts';
import type { JoinView } from './join-view.ts';

/** The spine as a table: every column that the result keeps, and the number of each row. */
export interface SpineTable {
  readonly table: string;
  readonly columns: readonly string[];
  /** The column with the time of each label, a DateTime64(6, 'UTC'). */
  readonly timeColumn: string;
}

/** The column of a spine table that numbers its rows from 0. */
export const ROW_COLUMN = '__row';

/** What to join. */
export interface PointInTimeJoin {
  readonly views: readonly JoinView[];
  readonly spine: SpineTable;
  /** What is known: the last offset of each partition of each view's topic. */
  readonly vector: OffsetVector;
  /** Whether a value at the very time of the label is too late. @default false */
  readonly strict?: boolean;
  /** Names of the views that have copies of events among what is known. @default every view may have some */
  readonly copies?: readonly string[];
}

/** The views with the tables that hold what is read of them now. */
export function withLiveTables(
  views: readonly JoinView[],
  live: ReadonlyMap<string, number>,
): readonly JoinView[] {
  return views.map((view) => ({ ...view, table: physicalTable(view.table, live.get(view.topic) ?? 1) }));
}

/** Settings that the join's answer depends on. */
export const joinSettings = 'join_use_nulls = 1, max_bytes_before_external_sort = 2000000000';

/**
 * The point-in-time join as one SELECT: the spine's columns, then a column for each feature; one row for each row
 * of the spine, in no order. Arrays cannot be null in ClickHouse: an array column has a presence column behind it.
 *
 * For each spine row, ASOF takes the greatest `as_of_key` (event time and position in one number, so that there
 * are no ties) at or below the row's bound among the known records of the view, copies left out. Only then does
 * that one record turn out to be a deletion or too old.
 */
export function pointInTimeSelect(join: PointInTimeJoin, extra: readonly string[] = []): string {
  const spineColumns = join.spine.columns.map((column) => `s.${identifier(column)} AS ${identifier(column)}`);
  const features = join.views.flatMap((view, index) => featureColumns(view, index));
  return [
    `SELECT ${[...extra, ...spineColumns, ...features].join(',\n  ')}`,
    `FROM (${spine(join.spine, join.strict ?? false)}) AS s`,
    ...join.views.map((view, index) => asOfJoin(view, index, join)),
  ].join('\n');
}

/** {@link pointInTimeSelect} with the rows in the spine's order, as a whole statement. */
export function pointInTimeQuery(join: PointInTimeJoin): string {
  return `${pointInTimeSelect(join)}\nORDER BY s.${ROW_COLUMN}\nSETTINGS ${joinSettings}`;
}

/** The columns of the result that come from the views, in their order. */
export function resultColumns(views: readonly JoinView[]): readonly string[] {
  return views.flatMap(({ features }) =>
    features.flatMap(({ name, type }) => (isArray(type) ? [name, presenceColumn(name)] : [name])),
  );
}

function spine({ table, columns, timeColumn }: SpineTable, strict: boolean): string {
  const micros = `toUnixTimestamp64Micro(${identifier(timeColumn)})`;
  const biased = `bitShiftLeft(toUInt128(bitXor(reinterpretAsUInt64(${micros}), 9223372036854775808)), 64)`;
  // Every position at the label's time is in bounds, or none is.
  const bound = strict ? `toUInt128(${biased} - 1)` : `bitOr(${biased}, toUInt128(18446744073709551615))`;
  const names = columns.map(identifier).join(', ');
  return `SELECT ${ROW_COLUMN}, ${names}, ${micros} AS __time, ${bound} AS __bound FROM ${identifier(table)}`;
}

function asOfJoin(view: JoinView, index: number, { vector, copies }: PointInTimeJoin): string {
  const table = identifier(view.table);
  const known = knownRecords(view.topic, view.epoch, vector);
  const hasCopies = copies?.includes(view.name) ?? true;
  const once = hasCopies ? ` AND as_of_key NOT IN (${laterCopies(table, known)})` : '';
  const keys = view.keys.map(({ key }, at) => `${identifier(key)} AS __k${index}_${at}`);
  const features = view.features.flatMap(({ feature, type }, at) => [
    `${identifier(feature)} AS __f${index}_${at}`,
    ...(isArray(type) ? [`${identifier(presenceColumn(feature))} AS __p${index}_${at}`] : []),
  ]);
  const equal = view.keys.map(({ column }, at) => `s.${identifier(column)} = v${index}.__k${index}_${at}`);
  return [
    `ASOF LEFT JOIN (SELECT ${[...keys, ...features].join(', ')}, as_of_key AS __a${index}, deleted AS __d${index},`,
    `  toUnixTimestamp64Micro(event_time) AS __t${index}`,
    `  FROM ${table} WHERE ${known}${once}) AS v${index}`,
    `ON ${equal.join(' AND ')} AND s.__bound >= v${index}.__a${index}`,
  ].join('\n');
}

/** The condition for records of a topic that a vector knows: of a partition that it does not name, none. */
export function knownRecords(topic: string, epoch: number, vector: OffsetVector): string {
  const offsets = Object.entries(vector[topic] ?? {});
  const partitions = Math.max(0, ...offsets.map(([partition]) => Number(partition) + 1));
  const next = new Array<bigint>(partitions).fill(0n);
  for (const [partition, offset] of offsets) next[Number(partition)] = offset + 1n;
  const current =
    next.length === 0
      ? '0'
      : `epoch = ${epoch} AND offset < [${next.map((offset) => `toUInt64(${offset})`).join(', ')}][partition + 1]`;
  // What an earlier epoch had was moved into this one's past as a whole.
  return epoch === 0 ? `(${current})` : `(epoch < ${epoch} OR (${current}))`;
}

function featureColumns(view: JoinView, index: number): string[] {
  const tooOld = view.ttl === null ? '' : ` OR v${index}.__t${index} < s.__time - toInt64(${view.ttl})`;
  const gone = `(v${index}.__d${index}${tooOld})`;
  return view.features.flatMap(({ name, type }, at) => {
    const value = `v${index}.__f${index}_${at}`;
    if (!isArray(type)) return [`if(${gone}, NULL, ${value}) AS ${identifier(name)}`];
    // Without a match everything but the array is null.
    const present = `(NOT ifNull(${gone}, true) AND ifNull(v${index}.__p${index}_${at}, false))`;
    return [
      `if(${present}, ${value}, []) AS ${identifier(name)}`,
      `${present} AS ${identifier(presenceColumn(name))}`,
    ];
  });
}
