import type { ClickHouseClient } from '@clickhouse/client';
import { formatInstant } from '@millrace/kernel';
import { z } from 'zod';
import { rowOfRange } from './applied-ranges.ts';
import { type Cover, coversOf, type StoredRange } from './covers.ts';
import { literal } from './sql.ts';
import { takingTurns } from './taking-turns.ts';

/** Which ranges are folded. */
export interface FoldOptions {
  /** Those that were stored longer ago than this, in seconds. */
  readonly olderThan: number;
  /** Those of partitions that have at least so many of them. */
  readonly least: number;
}

/**
 * Whoever follows what is applied and looks more often than this sees every range as it was recorded. That keeps exact
 * what the monitor takes for late; who was away for longer sees the times of a whole cover.
 */
export const SEEN_WITHIN_SECONDS = 300;

/** A mutation is work for the server: it has to be worth it. */
const LEAST_RANGES = 100;
/** The statement that deletes names every cover. */
const MOST_PARTITIONS = 200;
/** Ranges that are read at once. */
const MOST_RANGES = 50_000;

/** How ranges are folded while records come in. */
export const ongoing: FoldOptions = { olderThan: SEEN_WITHIN_SECONDS, least: LEAST_RANGES };

const micros = z.coerce.bigint();
const rangeSchema = z
  .object({
    topic: z.string(),
    generation: z.coerce.number(),
    epoch: z.number(),
    partition: z.number(),
    first_offset: micros,
    last_offset: micros,
    rows: z.coerce.number(),
    dead_letters: z.coerce.number(),
    min_event_time: micros.nullable(),
    max_event_time: micros.nullable(),
    max_recorded_at: micros.nullable(),
    applied_at: micros,
  })
  .transform(
    ({ first_offset, last_offset, dead_letters, min_event_time, ...row }): StoredRange => ({
      topic: row.topic,
      generation: row.generation,
      epoch: row.epoch,
      partition: row.partition,
      firstOffset: first_offset,
      lastOffset: last_offset,
      rows: row.rows,
      deadLetters: dead_letters,
      minEventTime: min_event_time,
      maxEventTime: row.max_event_time,
      maxRecordedAt: row.max_recorded_at,
      appliedAt: row.applied_at,
    }),
  );

/** The covers of the partitions that have the most ranges. */
export async function readCovers(
  client: ClickHouseClient,
  { olderThan, least }: FoldOptions,
): Promise<readonly Cover[]> {
  const isOld = `applied_at <= now64(3) - toIntervalSecond(${olderThan})`;
  const answer = await client.query({
    query: `
      SELECT topic, toUInt32(rebuilt + 1) AS generation, epoch, partition, first_offset, last_offset, rows, dead_letters,
        toUnixTimestamp64Micro(min_event_time) AS min_event_time,
        toUnixTimestamp64Micro(max_event_time) AS max_event_time,
        toUnixTimestamp64Milli(max_recorded_at) * 1000 AS max_recorded_at,
        toUnixTimestamp64Milli(applied_at) * 1000 AS applied_at
      FROM (SELECT * FROM applied_ranges FINAL WHERE ${isOld} AND (topic, rebuilt, epoch, partition) IN (
        SELECT topic, rebuilt, epoch, partition FROM applied_ranges WHERE ${isOld}
        GROUP BY topic, rebuilt, epoch, partition HAVING count() >= ${least}
        ORDER BY count() DESC LIMIT ${MOST_PARTITIONS}))
      ORDER BY topic, rebuilt, epoch, partition, first_offset LIMIT ${MOST_RANGES}`,
    format: 'JSONEachRow',
  });
  return coversOf(z.array(rangeSchema).parse(await answer.json()));
}

/** Stores covers. What they stand for may go only afterwards. */
export async function writeCovers(client: ClickHouseClient, covers: readonly Cover[]): Promise<void> {
  await takingTurns(() =>
    client.insert({
      table: 'applied_ranges',
      format: 'JSONEachRow',
      clickhouse_settings: { async_insert: 0, insert_deduplicate: 0, date_time_input_format: 'best_effort' },
      values: covers.map((cover) => ({ ...rowOfRange(cover), applied_at: formatInstant(cover.appliedAt) })),
    }),
  );
}

/**
 * Deletes what covers stand for: `isCovered` in SQL. It names constants only, so that every replica deletes the same,
 * whenever it comes to it; a range that is stored while the server is at it stays until the next time. Replicas pass it
 * on like an insert: asked of the whole cluster, it would wait for one that is away.
 */
export async function deleteCovered(
  client: ClickHouseClient,
  covers: readonly Cover[],
  wait = false,
): Promise<void> {
  await client.command({
    query: `ALTER TABLE applied_ranges DELETE WHERE ${covers.map(isCoveredInSql).join(' OR ')}`,
    clickhouse_settings: { mutations_sync: wait ? '1' : '0', max_query_size: '16777216' },
  });
}

function isCoveredInSql(cover: Cover): string {
  const { topic, generation, epoch, partition, firstOffset, lastOffset, appliedAt } = cover;
  return `(topic = ${literal(topic)} AND rebuilt = ${generation - 1} AND epoch = ${epoch} AND partition = ${partition}
    AND first_offset >= ${firstOffset} AND last_offset <= ${lastOffset}
    AND (first_offset > ${firstOffset} OR last_offset < ${lastOffset})
    AND applied_at <= fromUnixTimestamp64Milli(${appliedAt / 1000n}, 'UTC'))`;
}

const pendingSchema = z.array(z.object({ pending: z.coerce.number() }));

/** Whether the server is still at what it was told to delete before. */
async function isDeleting(client: ClickHouseClient): Promise<boolean> {
  const answer = await client.query({
    query: `SELECT count() AS pending FROM system.mutations
            WHERE database = currentDatabase() AND table = 'applied_ranges' AND NOT is_done`,
    format: 'JSONEachRow',
  });
  return pendingSchema.parse(await answer.json()).some(({ pending }) => pending > 0);
}

/**
 * Puts covers in the place of many ranges, so that reading them does not take longer with every batch that was ever
 * stored. Any number may do so at once, and be killed at it: see `isCovered`.
 *
 * @param wait until the covered ones are deleted.
 * @returns how many ranges go.
 */
export async function foldRanges(
  client: ClickHouseClient,
  options: FoldOptions,
  wait = false,
): Promise<number> {
  const covers = await readCovers(client, options);
  if (covers.length === 0 || (!wait && (await isDeleting(client)))) return 0;
  await writeCovers(client, covers);
  await deleteCovered(client, covers, wait);
  return covers.reduce((sum, { ranges }) => sum + ranges - 1, 0);
}

/** Folds all that there is; for a table that grew for long. */
export async function foldAllRanges(client: ClickHouseClient): Promise<void> {
  while ((await foldRanges(client, { ...ongoing, least: 2 }, true)) > 0);
}
