import { setTimeout as pause } from 'node:timers/promises';
import { appliedPartitions } from '@millrace/offline-store';
import type { VerificationParts } from './parts.ts';

/** Records that a store did not have in time: nothing can be said of them. */
export interface Pending {
  readonly store: 'online' | 'offline';
  readonly topic: string;
  readonly partition: number;
  /** The offset before which the store has every record. */
  readonly has: bigint;
  /** The offset before which it would have to. */
  readonly wanted: bigint;
}

/** By partition, the offset before which a store has every record of a topic. */
export type NextOffsets = ReadonlyMap<number, bigint>;

const POLL_MS = 100;

/** How far a store is with a topic. */
export type ReadNext = (topic: string) => Promise<NextOffsets>;

/** How far the online store is. */
export function onlineNext({ onlineStore }: Pick<VerificationParts, 'onlineStore'>): ReadNext {
  return async (topic) => {
    const applied = (await onlineStore.applied())[topic] ?? {};
    return new Map(
      Object.entries(applied).map(([partition, offset]) => [Number(partition), offset + 1n] as const),
    );
  };
}

/** How far the offline store is. */
export function offlineNext({ clickhouse }: Pick<VerificationParts, 'clickhouse'>): ReadNext {
  return async (topic) =>
    // Ordered by epoch: the last one of a partition is the current.
    new Map((await appliedPartitions(clickhouse, [topic])).map(({ partition, next }) => [partition, next]));
}

/**
 * Waits until a store has every record of a topic before some offsets, or until a time is up, and says what it does
 * not have then.
 */
export async function waitForStore(
  parts: Pick<VerificationParts, 'log'>,
  store: Pending['store'],
  read: ReadNext,
  topic: string,
  wanted: NextOffsets,
  deadline: number,
): Promise<readonly Pending[]> {
  for (;;) {
    const next = await read(topic);
    const pending = [...wanted]
      .map(([partition, until]): Pending => {
        return { store, topic, partition, has: next.get(partition) ?? 0n, wanted: until };
      })
      .filter((each) => each.has < each.wanted);
    if (pending.length === 0) return [];
    if (performance.now() >= deadline) return withRecords(parts, pending);
    await pause(POLL_MS);
  }
}

/** A store cannot say that it has the markers of transactions with which a partition ends. */
const MOST_MARKERS = 1_000n;

async function withRecords(
  { log }: Pick<VerificationParts, 'log'>,
  pending: readonly Pending[],
): Promise<readonly Pending[]> {
  const lacking: Pending[] = [];
  for (const each of pending) {
    let records = 0;
    if (each.wanted - each.has <= MOST_MARKERS) {
      const [span] = (await log.spans(each.topic)).filter(({ partition }) => partition === each.partition);
      const first = span === undefined || each.has > span.first ? each.has : span.first;
      const stretch = { partition: each.partition, first, next: each.wanted };
      await log.scan(each.topic, [stretch], (found) => void (records += found.length));
      if (records === 0) continue;
    }
    lacking.push(each);
  }
  return lacking;
}
