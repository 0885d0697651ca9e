import { MillraceError } from '@millrace/kernel';
import { partitionField } from '../generation-names.ts';
import type { BucketPositions } from './bucket-positions.ts';
import type { Layout } from './layout.ts';
import { type RedisCommands, runScript } from './redis-client.ts';
import { number } from './replies.ts';
import { checkpointScript } from './scripts/positions.ts';

/** Positions that one script looks at: a few hundred microseconds. */
const IN_SCRIPT = 512;
/** Lua's `unpack` takes so many and more. */
const MOST_PARTITIONS = 128;

interface Target {
  readonly positions: BucketPositions;
  readonly next: number;
}

/**
 * Tells every bucket how far partitions have been written, and notices a server that has lost writes, also while
 * nothing is being written.
 *
 * @throws MillraceError STORE_LOST_WRITES
 */
export async function takeCheckpoint(
  client: RedisCommands,
  layout: Layout,
  partitions: readonly BucketPositions[],
): Promise<void> {
  const targets = partitions.map((positions) => ({ positions, next: positions.written }));
  await checkApplied(client, layout, targets);
  if (client.isCluster) {
    // Any node may have lost writes, so that every bucket is asked.
    await allOf(
      chunks(targets, MOST_PARTITIONS).flatMap((some) =>
        Array.from({ length: layout.buckets }, (_, bucket) => raise(client, layout, some, [bucket])),
      ),
    );
    for (const { positions, next } of targets) {
      await client.hset(layout.checkpointed, partitionField(positions.of), String(next));
    }
    return;
  }
  // What is applied is written last, and a server loses the end: what it still has is enough to know.
  const behind = targets.filter(({ positions, next }) => positions.lowest() < next);
  for (const some of chunks(behind, MOST_PARTITIONS)) {
    const buckets = Array.from({ length: layout.buckets }, (_, bucket) => bucket);
    const step = Math.max(1, Math.floor(IN_SCRIPT / some.length));
    await allOf(chunks(buckets, step).map((part) => raise(client, layout, some, part)));
  }
}

/**
 * Waits for all. A loss that one of them found is what is thrown, whatever else failed: it is noted by then, and nobody
 * would be told of it again.
 */
async function allOf(works: readonly Promise<void>[]): Promise<void> {
  const failures: unknown[] = (await Promise.allSettled(works)).flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason] : [],
  );
  const loss = failures.find(
    (failure) => failure instanceof MillraceError && failure.code === 'STORE_LOST_WRITES',
  );
  if (failures.length > 0) throw loss ?? failures[0];
}

async function checkApplied(
  client: RedisCommands,
  layout: Layout,
  targets: readonly Target[],
): Promise<void> {
  if (targets.length === 0) return;
  const applied = await client.hgetall(layout.applied);
  const losses = targets
    .filter(({ positions, next }) => Number(applied[partitionField(positions.of)] ?? 0) < next)
    .map(({ positions }) => positions.lost('a server'));
  if (losses[0] !== undefined) throw losses[0];
}

async function raise(
  client: RedisCommands,
  layout: Layout,
  targets: readonly Target[],
  buckets: readonly number[],
): Promise<void> {
  const together = !client.isCluster;
  const keys = buckets.map((bucket) => layout.positions(bucket));
  const args = [
    String(targets.length),
    together ? '1' : '0',
    ...targets.flatMap(({ positions, next }) => [partitionField(positions.of), String(next)]),
    ...buckets.flatMap((bucket) => targets.map(({ positions }) => String(positions.at(bucket)))),
  ];
  const outcome = await runScript(
    client,
    checkpointScript,
    together ? [layout.applied, ...keys] : keys,
    args,
  );
  const lost = targets[number(outcome) - 1];
  if (lost !== undefined)
    throw lost.positions.lost(buckets.length === 1 ? `bucket ${buckets[0]}` : 'a bucket');
  for (const { positions, next } of targets) {
    for (const bucket of buckets) positions.raise(bucket, next);
  }
}

function chunks<T>(items: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / most) }, (_, index) =>
    items.slice(index * most, (index + 1) * most),
  );
}
