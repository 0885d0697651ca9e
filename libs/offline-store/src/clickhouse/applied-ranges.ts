import type { ClickHouseClient } from '@clickhouse/client';
import { formatInstant } from '@millrace/kernel';
import { z } from 'zod';
import { type Deployment, engine, onCluster } from './table.ts';

/** A range of a partition whose records are all in the store, or are dead letters. */
export interface AppliedRange {
  readonly topic: string;
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

/** Writes ranges down. To be called after the rows themselves were acknowledged. */
export async function recordApplied(
  client: ClickHouseClient,
  ranges: readonly AppliedRange[],
): Promise<void> {
  await client.insert({
    table: 'applied_ranges',
    format: 'JSONEachRow',
    clickhouse_settings: { async_insert: 0, date_time_input_format: 'best_effort' },
    values: ranges.map((range) => ({
      topic: range.topic,
      epoch: range.epoch,
      partition: range.partition,
      first_offset: String(range.firstOffset),
      last_offset: String(range.lastOffset),
      rows: range.rows,
      dead_letters: range.deadLetters,
      min_event_time: instant(range.minEventTime),
      max_event_time: instant(range.maxEventTime),
      max_recorded_at: instant(range.maxRecordedAt),
    })),
  });
}

/** ISO 8601 with a zone. As decimal seconds ClickHouse would misread the times before 1973 and refuse those before 1970. */
function instant(micros: bigint | null): string | null {
  return micros === null ? null : formatInstant(micros);
}

/** The gapless prefix of a partition that is stored. */
export interface AppliedPartition {
  readonly topic: string;
  readonly epoch: number;
  readonly partition: number;
  /** The first offset that is not known to be stored. */
  readonly next: bigint;
}

const appliedRow = z.object({
  topic: z.string(),
  epoch: z.number(),
  partition: z.number(),
  next: z.coerce.bigint(),
});

/**
 * How far each partition of some topics is stored without a gap from offset 0. A partition of which nothing is
 * stored, or not its first record, is left out.
 */
export async function appliedPartitions(
  client: ClickHouseClient,
  topics: readonly string[],
): Promise<readonly AppliedPartition[]> {
  // A range lies past a gap when everything before it ends below its first offset.
  const query = `
    SELECT topic, epoch, partition, maxIf(last_offset, NOT past_gap) + 1 AS next
    FROM (
      SELECT *, max(gap) OVER (PARTITION BY topic, epoch, partition ORDER BY first_offset, last_offset
                               ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS past_gap
      FROM (
        SELECT topic, epoch, partition, first_offset, last_offset,
          first_offset > ifNull(max(toNullable(last_offset)) OVER (
            PARTITION BY topic, epoch, partition ORDER BY first_offset, last_offset
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + 1, 0) AS gap
        FROM applied_ranges WHERE topic IN {topics: Array(String)}))
    GROUP BY topic, epoch, partition HAVING countIf(NOT past_gap) > 0
    ORDER BY topic, epoch, partition`;
  const answer = await client.query({ query, query_params: { topics: [...topics] }, format: 'JSONEachRow' });
  return z.array(appliedRow).parse(await answer.json());
}
