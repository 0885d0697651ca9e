import type { ClickHouseClient } from '@clickhouse/client';
import type { OffsetVector } from '@millrace/events';
import { type Micros, MillraceError } from '@millrace/kernel';
import { appliedIn } from '../clickhouse/applied-ranges.ts';
import { liveGenerations } from '../generations/read-marks.ts';

/** What a snapshot is to know: all that the log had at a time, or a vector; all that is stored when left out. */
export type Knowledge = { readonly at: Micros } | { readonly vector: OffsetVector };

/** What finding a vector needs. */
export interface KnowledgeOptions {
  readonly client: ClickHouseClient;
  /** For a time, the last offset recorded at or before it in each partition: `vectorAt` of the log. */
  resolveKnownAt(topics: readonly string[], at: Micros): Promise<OffsetVector>;
  /** Longest wait, in milliseconds, for the store to hold all that is asked for. */
  readonly waitMs: number;
}

/** A vector, and the generations that hold all of it. */
export interface ResolvedKnowledge {
  readonly vector: OffsetVector;
  /** By topic, the number of the generation to read. */
  readonly live: ReadonlyMap<string, number>;
}

const POLL_MS = 100;

/**
 * One vector for a snapshot, all of it stored: with a record missing, the same vector would give more rows later.
 *
 * @throws MillraceError POSITIONS_NOT_REACHED when the store does not hold it in time.
 */
export async function resolveKnowledge(
  options: KnowledgeOptions,
  topics: readonly string[],
  known: Knowledge | undefined,
): Promise<ResolvedKnowledge> {
  if (known === undefined) return appliedKnowledge(options.client, topics);
  const wanted = 'at' in known ? await options.resolveKnownAt(topics, known.at) : known.vector;
  const vector = Object.fromEntries(topics.map((topic) => [topic, wanted[topic] ?? {}]));
  return { vector, live: await generationsHolding(options, vector) };
}

/**
 * The live generations of a vector's topics, once they hold all of it: one that a rebuild up to an earlier offset made
 * live may not yet.
 *
 * @throws MillraceError POSITIONS_NOT_REACHED when they do not in time.
 */
export async function generationsHolding(
  { client, waitMs }: Pick<KnowledgeOptions, 'client' | 'waitMs'>,
  vector: OffsetVector,
): Promise<ReadonlyMap<string, number>> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const applied = await appliedKnowledge(client, Object.keys(vector));
    const missing = missingOf(vector, applied.vector);
    if (missing === undefined) return applied.live;
    if (Date.now() >= deadline)
      throw new MillraceError('POSITIONS_NOT_REACHED', `the offline store does not hold ${missing} yet`, {
        details: { vector: missing },
      });
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}

/** All that the live generations hold. Ranges are read of the generations that were found live, so both fit together. */
async function appliedKnowledge(
  client: ClickHouseClient,
  topics: readonly string[],
): Promise<ResolvedKnowledge> {
  const live = await liveGenerations(client, topics);
  const vector: Record<string, Record<string, bigint>> = Object.fromEntries(
    topics.map((topic) => [topic, {}]),
  );
  const generations = [...live].map(([topic, number]) => ({ topic, number }));
  // Ordered by epoch: the last one of a partition is the current.
  for (const { topic, partition, next } of await appliedIn(client, generations)) {
    const partitions = vector[topic];
    if (partitions !== undefined && next > 0n) partitions[String(partition)] = next - 1n;
  }
  return { vector, live };
}

function missingOf(wanted: OffsetVector, applied: OffsetVector): string | undefined {
  for (const [topic, partitions] of Object.entries(wanted)) {
    for (const [partition, offset] of Object.entries(partitions)) {
      if (offset > (applied[topic]?.[partition] ?? -1n))
        return `${topic}/${partition} up to offset ${offset}`;
    }
  }
  return undefined;
}
