import type { ClickHouseClient } from '@clickhouse/client';
import { formatInstant } from '@millrace/kernel';
import type { GenerationId } from '@millrace/processing';
import { z } from 'zod';
import { liveGenerations } from '../generations/read-marks.ts';
import { literal } from './sql.ts';
import { type Deployment, engine, onCluster } from './table.ts';
import { takingTurns } from './taking-turns.ts';

/** A range of a partition whose records are all in the store, or are dead letters. */
export interface AppliedRange {
  readonly topic: string;
  /** Which build of the topic holds the records. */
  readonly generation: number;
  readonly epoch: number;
  readonly partition: number;
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  readonly rows: number;
  readonly deadLetters: number;
  /** Microseconds; null for a range without rows. */
  readonly minEventTime: bigint | null;
  readonly maxEventTime: bigint | null;
  readonly maxRecordedAt: bigint | null;
}

/** The statement that makes the table of applied ranges. */
export function appliedRangesTable(deployment: Deployment): string {
  return `CREATE TABLE IF NOT EXISTS applied_ranges${onCluster(deployment)} (
    topic LowCardinality(String) COMMENT 'Topic.',
    epoch UInt8 COMMENT 'How often the topic was made anew.',
    partition UInt16 COMMENT 'Partition.',
    first_offset UInt64 COMMENT 'First offset of the range.',
    last_offset UInt64 COMMENT 'Last offset of the range.',
    rows UInt64 COMMENT 'Records of the range that became rows.',
    dead_letters UInt64 COMMENT 'Records of the range that could not be processed.',
    min_event_time Nullable(DateTime64(6, 'UTC')) COMMENT 'Least event time of its rows.',
    max_event_time Nullable(DateTime64(6, 'UTC')) COMMENT 'Greatest event time of its rows.',
    max_recorded_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Greatest recording time of its records.',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the range was stored.'
  ) ENGINE = ${engine('ReplacingMergeTree', deployment)}
  ORDER BY (topic, epoch, partition, first_offset, last_offset)
  COMMENT 'What of the log is in the store. A row is written only after its records were acknowledged; ranges may overlap. Where a projector goes on is the end of the gapless ranges from offset 0.'`;
}

/**
 * The statement by which ranges belong to generations. A column can join the sorting key only where it has no default,
 * so what is stored counts from 0, and ranges from before are of generation 1.
 */
export function addGenerationOfRanges(deployment: Deployment): string {
  return `ALTER TABLE applied_ranges${onCluster(deployment)}
    ADD COLUMN IF NOT EXISTS rebuilt UInt32 COMMENT 'How many generations of the topic came before.',
    ADD COLUMN IF NOT EXISTS generation UInt32 ALIAS toUInt32(rebuilt + 1) COMMENT 'Which build of the topic holds the records.',
    MODIFY ORDER BY (topic, epoch, partition, first_offset, last_offset, rebuilt)`;
}

/** The statement that says in the table's comments that ranges are folded. */
export function describeFoldedRanges(deployment: Deployment): string {
  return `ALTER TABLE applied_ranges${onCluster(deployment)}
    COMMENT COLUMN rows 'Records of the range that became rows; of one that stands for several, those of all of them.',
    COMMENT COLUMN dead_letters 'Records of the range that could not be processed; of one that stands for several, those of all of them.',
    COMMENT COLUMN applied_at 'When the range was stored; of one that stands for several, the last of them.',
    MODIFY COMMENT 'What of the log is in the store. A row is written only after its records were acknowledged; ranges may overlap, and from time to time one takes the place of many that follow each other. Where a projector goes on is the end of the gapless ranges from offset 0.'`;
}

/** Writes ranges down. To be called after the rows themselves were acknowledged. */
export async function recordApplied(
  client: ClickHouseClient,
  ranges: readonly AppliedRange[],
): Promise<void> {
  await takingTurns(() =>
    client.insert({
      table: 'applied_ranges',
      format: 'JSONEachRow',
      // What was forgotten in between must be able to come back: a replica would take it for an insert that it knows.
      clickhouse_settings: { async_insert: 0, insert_deduplicate: 0, date_time_input_format: 'best_effort' },
      values: ranges.map(rowOfRange),
    }),
  );
}

/** A range as the table has it, without when it was stored. */
export function rowOfRange(range: AppliedRange) {
  return {
    topic: range.topic,
    rebuilt: range.generation - 1,
    epoch: range.epoch,
    partition: range.partition,
    first_offset: String(range.firstOffset),
    last_offset: String(range.lastOffset),
    rows: range.rows,
    dead_letters: range.deadLetters,
    min_event_time: instant(range.minEventTime),
    max_event_time: instant(range.maxEventTime),
    max_recorded_at: instant(range.maxRecordedAt),
  };
}

/** ISO 8601 with a zone. As decimal seconds ClickHouse would misread the times before 1973 and refuse those before 1970. */
function instant(micros: bigint | null): string | null {
  return micros === null ? null : formatInstant(micros);
}

/** The gapless prefix of a partition that is stored. */
export interface AppliedPartition {
  readonly topic: string;
  readonly generation: number;
  readonly epoch: number;
  readonly partition: number;
  /** The first offset that is not known to be stored. */
  readonly next: bigint;
}

const appliedRow = z.object({
  topic: z.string(),
  generation: z.coerce.number(),
  epoch: z.number(),
  partition: z.number(),
  next: z.coerce.bigint(),
});

/**
 * How far each partition of some generations is stored without a gap from offset 0, by epoch. A partition of which
 * nothing is stored, or not its first record, is left out.
 */
export async function appliedIn(
  client: ClickHouseClient,
  generations: readonly GenerationId[],
): Promise<readonly AppliedPartition[]> {
  // A range lies past a gap when everything before it ends below its first offset.
  const query = `
    SELECT topic, toUInt32(rebuilt + 1) AS generation, epoch, partition, maxIf(last_offset, NOT past_gap) + 1 AS next
    FROM (
      SELECT *, max(gap) OVER (PARTITION BY topic, rebuilt, epoch, partition ORDER BY first_offset, last_offset
                               ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS past_gap
      FROM (
        SELECT topic, rebuilt, epoch, partition, first_offset, last_offset,
          first_offset > ifNull(max(toNullable(last_offset)) OVER (
            PARTITION BY topic, rebuilt, epoch, partition ORDER BY first_offset, last_offset
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + 1, 0) AS gap
        FROM applied_ranges
        WHERE topic IN {topics: Array(String)}
          AND has(arrayZip({topics: Array(String)}, {rebuilt: Array(UInt32)}), (toString(topic), rebuilt))))
    GROUP BY topic, rebuilt, epoch, partition HAVING countIf(NOT past_gap) > 0
    ORDER BY topic, rebuilt, epoch, partition`;
  const query_params = {
    topics: generations.map(({ topic }) => topic),
    rebuilt: generations.map(({ number }) => number - 1),
  };
  const answer = await client.query({ query, query_params, format: 'JSONEachRow' });
  return z.array(appliedRow).parse(await answer.json());
}

/** {@link appliedIn} of the generations that are read. */
export async function appliedPartitions(
  client: ClickHouseClient,
  topics: readonly string[],
): Promise<readonly AppliedPartition[]> {
  const live = await liveGenerations(client, topics);
  return appliedIn(
    client,
    [...live].map(([topic, number]) => ({ topic, number })),
  );
}

/** Deletes what is said of a generation. */
export async function forgetRanges(
  client: ClickHouseClient,
  { topic, number }: GenerationId,
  deployment: Deployment,
): Promise<void> {
  await client.command({
    query: `ALTER TABLE applied_ranges${onCluster(deployment)}
            DELETE WHERE topic = ${literal(topic)} AND rebuilt = ${number - 1}`,
    clickhouse_settings: { mutations_sync: '2' },
  });
}
