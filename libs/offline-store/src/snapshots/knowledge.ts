import type { ClickHouseClient } from '@clickhouse/client';
import type { OffsetVector } from '@millrace/events';
import { type Micros, MillraceError } from '@millrace/kernel';
import { appliedPartitions } from '../clickhouse/applied-ranges.ts';

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
): Promise<OffsetVector> {
  if (known === undefined) return appliedVector(options.client, topics);
  const wanted = 'at' in known ? await options.resolveKnownAt(topics, known.at) : known.vector;
  const vector = Object.fromEntries(topics.map((topic) => [topic, wanted[topic] ?? {}]));
  const deadline = Date.now() + options.waitMs;
  for (;;) {
    const missing = missingOf(vector, await appliedVector(options.client, topics));
    if (missing === undefined) return vector;
    if (Date.now() >= deadline)
      throw new MillraceError('POSITIONS_NOT_REACHED', `the offline store does not hold ${missing} yet`, {
        details: { vector: missing },
      });
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}

async function appliedVector(client: ClickHouseClient, topics: readonly string[]): Promise<OffsetVector> {
  const vector: Record<string, Record<string, bigint>> = Object.fromEntries(
    topics.map((topic) => [topic, {}]),
  );
  // Ordered by epoch: the last one of a partition is the current.
  for (const { topic, partition, next } of await appliedPartitions(client, topics)) {
    const partitions = vector[topic];
    if (partitions !== undefined && next > 0n) partitions[String(partition)] = next - 1n;
  }
  return vector;
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
