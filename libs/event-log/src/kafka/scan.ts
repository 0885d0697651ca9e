import { randomUUID } from 'node:crypto';
import type { Batch, Consumer } from 'kafkajs';
import { describeError, MillraceError } from '@millrace/kernel';
import { z } from 'zod';
import type { LogScanner, PartitionSpan } from '../port.ts';
import type { KafkaConnection } from './connection.ts';
import { leave } from './keep-running.ts';
import { batchOf } from './partition-batch.ts';

/** Longest wait for the next records, in milliseconds. */
const STALL_MS = 30_000;

/** Where a fetch began: kafkajs has it, its types do not. */
const fetchedSchema = z.object({ fetchedOffset: z.coerce.bigint() });

/** A batch may have no first offset, which its type denies. */
const passedOverSchema = z.object({
  firstOffset: z.coerce.bigint().nullable(),
  lastOffset: z.coerce.bigint(),
});

/** Reads stretches in a group of its own that commits nothing. */
export async function scanLog(
  { kafka }: Pick<KafkaConnection, 'kafka'>,
  topic: string,
  stretches: readonly PartitionSpan[],
  onRecords: Parameters<LogScanner['scan']>[2],
): Promise<void> {
  const progress = new StretchProgress(stretches);
  if (progress.done) return;
  const consumer = kafka.consumer({ groupId: `scan.${randomUUID()}`, maxWaitTimeInMs: 100 });
  const ended = Promise.withResolvers<void>();
  // It may fail while the consumer is still starting, when nobody waits for it yet.
  ended.promise.catch(() => undefined);
  const stall = stallTimer(() =>
    ended.reject(new MillraceError('LOG_UNAVAILABLE', `Kafka gave nothing more of ${topic} in time`)),
  );

  /** Sends the fetches of a partition to where its next records are wanted, or ends them. */
  function goOn(partition: number): void {
    const from = progress.next(partition);
    if (from === undefined) consumer.pause([{ topic, partitions: [partition] }]);
    else consumer.seek({ topic, partition, offset: String(from) });
    if (progress.done) ended.resolve();
  }

  async function take(batch: Batch): Promise<void> {
    const { partition } = batch;
    const wanted = progress.next(partition);
    if (wanted === undefined || fetchedSchema.parse(batch).fetchedOffset !== wanted) return goOn(partition);
    const { records, nextOffset } = batchOf(batch, () => true);
    const inside = [...records].filter(({ offset }) => progress.wants(partition, offset));
    if (inside.length > 0) await onRecords(inside);
    stall.reset();
    if (progress.reach(partition, nextOffset) !== nextOffset) goOn(partition);
  }

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    for (const partition of payload.memberAssignment[topic] ?? []) goOn(partition);
  });
  // Batches of nothing but transaction markers are passed over by kafkajs without being handed out.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    const { partition, batchSize } = payload;
    const { firstOffset, lastOffset } = passedOverSchema.parse(payload);
    const wanted = progress.next(partition);
    if (batchSize > 0 || wanted === undefined || firstOffset === null || firstOffset > wanted) return;
    const after = lastOffset + 1n;
    if (after > wanted && progress.reach(partition, after) !== after) goOn(partition);
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) ended.reject(payload.error);
  });
  try {
    await start(consumer, topic, async (batch) => {
      try {
        await take(batch);
      } catch (error) {
        ended.reject(error);
      }
    });
    await ended.promise;
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError('LOG_UNAVAILABLE', `${topic} could not be read: ${describeError(cause)}`, {
      cause,
    });
  } finally {
    stall.stop();
    await leave(consumer);
  }
}

async function start(
  consumer: Consumer,
  topic: string,
  take: (batch: Batch) => Promise<void>,
): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    async eachBatch({ batch, heartbeat }) {
      await take(batch);
      await heartbeat();
    },
  });
}

/** What is left of stretches that are read in their order, partition by partition. */
class StretchProgress {
  readonly #left = new Map<number, { first: bigint; readonly next: bigint }[]>();

  constructor(stretches: readonly PartitionSpan[]) {
    const inOrder = [...stretches].sort((a, b) => (a.first < b.first ? -1 : 1));
    for (const { partition, first, next } of inOrder) {
      if (first >= next) continue;
      const left = this.#left.get(partition) ?? [];
      left.push({ first, next });
      this.#left.set(partition, left);
    }
  }

  get done(): boolean {
    return this.#left.size === 0;
  }

  /** The offset to fetch from, or undefined when nothing more of a partition is wanted. */
  next(partition: number): bigint | undefined {
    return this.#left.get(partition)?.[0]?.first;
  }

  wants(partition: number, offset: bigint): boolean {
    const left = this.#left.get(partition) ?? [];
    return left.some(({ first, next }) => offset >= first && offset < next);
  }

  /** Takes everything before an offset for read; answers {@link next}. */
  reach(partition: number, offset: bigint): bigint | undefined {
    const left = (this.#left.get(partition) ?? []).filter(({ next }) => next > offset);
    const [current] = left;
    if (current === undefined) {
      this.#left.delete(partition);
      return undefined;
    }
    if (current.first < offset) current.first = offset;
    return current.first;
  }
}

function stallTimer(onStall: () => void): { reset(): void; stop(): void } {
  const timer = setTimeout(onStall, STALL_MS);
  return { reset: () => void timer.refresh(), stop: () => clearTimeout(timer) };
}
