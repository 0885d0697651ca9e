import type { ClickHouseClient } from '@clickhouse/client';
import { identifier, literal } from '@millrace/offline-store';
import { z } from 'zod';
import type { StoredTopic } from '../kept-topics.ts';
import type { OffsetRange } from '../log-records.ts';
import { rowsOf } from '../query.ts';
import type { NextOffsets } from '../wait.ts';

/** A stretch of offsets of all partitions of a topic, `from` included and `until` not. */
export interface OffsetWindow {
  readonly from: bigint;
  readonly until: bigint;
  /** By partition, where the log begins and where what is checked ends. */
  readonly spans: ReadonlyMap<number, { readonly first: bigint; readonly next: bigint }>;
}

/** What a stretch holds. */
export interface OffsetCounts {
  /** Offsets that have a row. */
  readonly rows: number;
  /** Offsets that have a dead letter and no row. */
  readonly deadLetters: number;
  /** Offsets with different rows. */
  readonly doubled: number;
  /** Rows whose `as_of_key` is not made of their own time and place. */
  readonly misfiled: number;
}

const countsSchema = z.object({
  rows: z.coerce.number(),
  dead_letters: z.coerce.number(),
  doubled: z.coerce.number(),
  misfiled: z.coerce.number(),
});

/** Position of a record: epoch (8) | offset (40) | partition (16). */
const POSITION =
  'bitOr(bitOr(bitShiftLeft(toUInt64(epoch), 56), bitShiftLeft(toUInt64(offset), 16)), toUInt64(partition))';
const BIASED_TIME = 'bitXor(reinterpretAsUInt64(toUnixTimestamp64Micro(event_time)), 9223372036854775808)';
/** The `as_of_key` that a row's own columns make. */
export const OWN_KEY = `bitOr(bitShiftLeft(toUInt128(${BIASED_TIME}), 64), toUInt128(${POSITION}))`;

/** Every offset of a stretch that has a row or a dead letter, once. */
function accounted(kept: StoredTopic, window: OffsetWindow): string {
  const letters = identifier(kept.letters);
  return `
    SELECT partition, offset, max(is_row) AS has_row, max(twice) AS is_doubled, max(odd) AS is_misfiled FROM (
      SELECT toUInt16(partition) AS partition, toInt64(offset) AS offset, 1 AS is_row,
        min(event_id) != max(event_id) OR min(as_of_key) != max(as_of_key) AS twice, max(as_of_key != ${OWN_KEY}) AS odd
      FROM ${identifier(kept.table)} WHERE epoch = ${kept.epoch} AND ${inWindow('partition', 'offset', window)}
      GROUP BY partition, offset
      UNION ALL
      SELECT toUInt16(source_partition), toInt64(source_offset), 0, 0, 0 FROM ${letters}
      WHERE source_topic = ${literal(kept.topic)} AND ${inWindow('source_partition', 'source_offset', window)})
    GROUP BY partition, offset`;
}

function inWindow(partition: string, offset: string, { from, until, spans }: OffsetWindow): string {
  const count = Math.max(0, ...[...spans.keys()].map((each) => each + 1));
  const ends = Array.from({ length: count }, (_, each) => String(spans.get(each)?.next ?? 0n));
  const begins = Array.from({ length: count }, (_, each) => String(spans.get(each)?.first ?? 0n));
  if (count === 0) return '0';
  const bounds = `${offset} >= [${begins.join(',')}][${partition} + 1] AND ${offset} < [${ends.join(',')}][${partition} + 1]`;
  return `${offset} >= ${from} AND ${offset} < ${until} AND ${partition} < ${count} AND ${bounds}`;
}

/** Counts what the offline store has of a stretch. */
export async function countOffsets(
  client: ClickHouseClient,
  kept: StoredTopic,
  window: OffsetWindow,
): Promise<OffsetCounts> {
  const [counts] = await rowsOf(
    client,
    `the offsets of ${kept.topic}`,
    countsSchema,
    `SELECT countIf(has_row = 1) AS rows, countIf(has_row = 0) AS dead_letters, sum(is_doubled) AS doubled,
      sum(is_misfiled) AS misfiled FROM (${accounted(kept, window)})`,
  );
  const { rows = 0, dead_letters: deadLetters = 0, doubled = 0, misfiled = 0 } = counts ?? {};
  return { rows, deadLetters, doubled, misfiled };
}

const holeSchema = z.object({
  partition: z.number(),
  first: z.coerce.bigint(),
  last: z.coerce.bigint(),
});

/** The ranges of offsets of a stretch that have neither a row nor a dead letter. */
export function holesOf(
  client: ClickHouseClient,
  kept: StoredTopic,
  window: OffsetWindow,
): Promise<readonly OffsetRange[]> {
  const edges = [...window.spans].flatMap(([partition, span]) => {
    const first = span.first > window.from ? span.first : window.from;
    const next = span.next < window.until ? span.next : window.until;
    return first < next ? [`(${partition}, ${first - 1n})`, `(${partition}, ${next})`] : [];
  });
  if (edges.length === 0) return Promise.resolve([]);
  return rowsOf(
    client,
    `the holes of ${kept.topic}`,
    holeSchema,
    `SELECT partition, before + 1 AS first, offset - 1 AS last FROM (
       SELECT partition, offset,
         lagInFrame(offset, 1, toInt64(-2)) OVER (PARTITION BY partition ORDER BY offset
           ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before
       FROM (SELECT partition, offset FROM (${accounted(kept, window)})
         UNION ALL SELECT toUInt16(edge.1), toInt64(edge.2) FROM (SELECT arrayJoin([${edges.join(', ')}]) AS edge)))
     WHERE before >= -1 AND offset - before > 1 ORDER BY partition, first`,
  );
}

const oddRowSchema = z.object({
  partition: z.number(),
  offset: z.coerce.bigint(),
  event_id: z.string(),
  event_time: z.coerce.bigint(),
  as_of_key: z.string(),
});

/** A row that contradicts another one at its offset, or itself. */
export type OddRow = z.output<typeof oddRowSchema>;

/** The rows of the first offsets of a stretch that have different rows, or rows with a wrong `as_of_key`. */
export function oddRowsOf(
  client: ClickHouseClient,
  kept: StoredTopic,
  window: OffsetWindow,
  most: number,
): Promise<readonly OddRow[]> {
  return rowsOf(
    client,
    `the doubled offsets of ${kept.topic}`,
    oddRowSchema,
    `SELECT DISTINCT toUInt16(partition) AS partition, offset, event_id,
       toUnixTimestamp64Micro(event_time) AS event_time, toString(as_of_key) AS as_of_key
     FROM ${identifier(kept.table)} WHERE epoch = ${kept.epoch} AND (partition, offset) IN (
       SELECT partition, offset FROM (${accounted(kept, window)}) WHERE is_doubled = 1 OR is_misfiled = 1
       ORDER BY partition, offset LIMIT ${most})
     ORDER BY partition, offset, event_id`,
  );
}

const placedRowSchema = z.object({
  partition: z.number(),
  offset: z.coerce.bigint(),
  event_id: z.string(),
});
const furthestSchema = z.object({ partition: z.number(), last: z.coerce.bigint() });

/** By partition, the last offset that has a row. */
export async function lastOffsetsOf(client: ClickHouseClient, kept: StoredTopic): Promise<NextOffsets> {
  const rows = await rowsOf(
    client,
    `the last offsets of ${kept.topic}`,
    furthestSchema,
    `SELECT toUInt16(partition) AS partition, max(offset) AS last FROM ${identifier(kept.table)}
     WHERE epoch = ${kept.epoch} GROUP BY partition`,
  );
  return new Map(rows.map(({ partition, last }) => [partition, last]));
}

const countedSchema = z.object({ found: z.coerce.number() });

/** Rows at places that the log does not have: how many, and the first of them. */
export async function rowsOutside(
  client: ClickHouseClient,
  kept: StoredTopic,
  spans: OffsetWindow['spans'],
  upTo: NextOffsets,
  most: number,
) {
  const inside = [...spans].map(
    ([partition, { first, next }]) =>
      `(partition = ${partition} AND offset >= ${first} AND (offset < ${next} OR offset > ${upTo.get(partition) ?? -1n}))`,
  );
  const outside = `FROM ${identifier(kept.table)} WHERE epoch >= ${kept.epoch} AND NOT (epoch = ${kept.epoch} AND (${inside.join(' OR ') || '0'}))`;
  const what = `rows of ${kept.topic} that are not in the log`;
  const [counted] = await rowsOf(
    client,
    what,
    countedSchema,
    `SELECT uniqExact(epoch, partition, offset) AS found ${outside}`,
  );
  const found = counted?.found ?? 0;
  if (found === 0) return { found, rows: [] };
  const rows = await rowsOf(
    client,
    what,
    placedRowSchema,
    `SELECT DISTINCT toUInt16(partition) AS partition, offset, event_id ${outside} ORDER BY partition, offset LIMIT ${most}`,
  );
  return { found, rows };
}
