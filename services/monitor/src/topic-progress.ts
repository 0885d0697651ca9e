import { z } from 'zod';
import type { LogAdmin } from '@millrace/event-log';
import type { OffsetVector } from '@millrace/events';
import type { Micros } from '@millrace/kernel';
import { literal } from '@millrace/offline-store';
import {
  type AppliedRange,
  applyRanges,
  noProgress,
  type PartitionProgress,
  type PartitionState,
} from '@millrace/statistics';
import type { Queries } from './queries.ts';

/** What the offline store has applied of a topic, and how far the log went right after. */
export interface TopicProgress {
  readonly topic: string;
  readonly epoch: number;
  /** The generation that is read. */
  readonly generation: number;
  readonly partitions: ReadonlyMap<number, PartitionState>;
}

/** Of a topic that was not looked at yet. */
export function unknownProgress(topic: string, epoch: number, generation = 1): TopicProgress {
  return { topic, epoch, generation, partitions: new Map() };
}

const micros = z.coerce.bigint();
const rangeSchema = z
  .object({
    partition: z.coerce.number(),
    first_offset: z.coerce.bigint(),
    last_offset: z.coerce.bigint(),
    min_event_time: micros.nullable(),
    max_event_time: micros.nullable(),
    max_recorded_at: micros.nullable(),
  })
  .transform((row): AppliedRange & { partition: number } => ({
    partition: row.partition,
    firstOffset: row.first_offset,
    lastOffset: row.last_offset,
    minEventTime: row.min_event_time,
    maxEventTime: row.max_event_time,
    maxRecordedAt: row.max_recorded_at,
  }));

/**
 * Reads what was applied since `before`. The last range that was seen is asked for again: where it is gone, the
 * store is being rebuilt, and the topic is read from its beginning.
 *
 * @throws MillraceError STORE_UNAVAILABLE, LOG_UNAVAILABLE
 */
export async function readProgress(
  queries: Queries,
  log: Pick<LogAdmin, 'spans'>,
  before: TopicProgress,
): Promise<TopicProgress> {
  const ranges = await appliedRanges(queries, before);
  const rebuilt = [...before.partitions].some(
    ([partition, { progress }]) =>
      progress.nextOffset > 0n &&
      !ranges.some((range) => range.partition === partition && range.lastOffset + 1n >= progress.nextOffset),
  );
  if (rebuilt) return readProgress(queries, log, { ...before, partitions: new Map() });
  if (ranges.length === 0) return before;
  const byPartition = Map.groupBy(ranges, (range) => range.partition);
  const spans = await log.spans(before.topic);
  const partitions = new Map<number, PartitionState>();
  for (const { partition, next } of spans) {
    const known: PartitionProgress = before.partitions.get(partition)?.progress ?? noProgress;
    // Ranges behind a hole come with every answer, so none are kept.
    const progress = applyRanges({ ...known, waiting: [] }, byPartition.get(partition) ?? []);
    partitions.set(partition, { progress, logEnd: next });
  }
  return { ...before, partitions };
}

async function appliedRanges(queries: Queries, { topic, epoch, generation, partitions }: TopicProgress) {
  const known = [...partitions].filter(([, { progress }]) => progress.nextOffset > 0n);
  const unseen =
    known.length === 0
      ? '1'
      : [
          `\`partition\` NOT IN (${known.map(([partition]) => partition).join(', ')})`,
          ...known.map(
            ([partition, { progress }]) =>
              `(\`partition\` = ${partition} AND last_offset + 1 >= ${progress.nextOffset})`,
          ),
        ].join(' OR ');
  const rows = await queries.rows(
    `SELECT \`partition\`, first_offset, last_offset,
       toUnixTimestamp64Micro(min_event_time) AS min_event_time,
       toUnixTimestamp64Micro(max_event_time) AS max_event_time,
       toUnixTimestamp64Micro(max_recorded_at) AS max_recorded_at
     FROM (SELECT * FROM applied_ranges
           WHERE topic = ${literal(topic)} AND epoch = ${epoch} AND rebuilt = ${generation - 1} AND (${unseen}))`,
  );
  return rows.map((row) => rangeSchema.parse(row));
}

/** The earliest event time of what was applied after `before`; null when there is none. */
export async function earliestAppliedSince(queries: Queries, before: TopicProgress): Promise<Micros | null> {
  const ranges = await appliedRanges(queries, before);
  const added = ranges.filter(
    ({ partition, lastOffset }) =>
      lastOffset >= (before.partitions.get(partition)?.progress.nextOffset ?? 0n),
  );
  return added.reduce<Micros | null>(
    (earliest, { minEventTime }) =>
      minEventTime !== null && (earliest === null || minEventTime < earliest) ? minEventTime : earliest,
    null,
  );
}

/** Everything that is applied without a hole, as a vector. */
export function vectorOf(progress: TopicProgress): OffsetVector {
  const offsets = [...progress.partitions].flatMap(([partition, state]) =>
    state.progress.nextOffset > 0n ? [[partition, state.progress.nextOffset - 1n] as const] : [],
  );
  return { [progress.topic]: Object.fromEntries(offsets) };
}

/** Whether two progresses know the same records. */
export function sameRecords(a: TopicProgress, b: TopicProgress): boolean {
  return (
    a.partitions.size === b.partitions.size &&
    [...a.partitions].every(
      ([partition, { progress }]) => b.partitions.get(partition)?.progress.nextOffset === progress.nextOffset,
    )
  );
}
