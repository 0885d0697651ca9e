import { randomUUID } from 'node:crypto';
import { MillraceError, type Running } from '@millrace/kernel';
import type { AppendedAt, Follower, FollowOptions } from '../port.ts';
import type { KafkaConnection } from './connection.ts';
import { batchOf, disconnect } from './consume.ts';
import { Abandoned, retrying } from './retrying.ts';
import { readSpans } from './spans.ts';

interface Waiter {
  readonly until: ReadonlyMap<number, bigint>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Follows a topic from its beginning in a group of its own that commits nothing. */
export async function startFollowing(
  connection: KafkaConnection,
  options: FollowOptions,
): Promise<Running<Follower>> {
  const { topic } = options;
  const consumer = connection.kafka.consumer({
    groupId: `follow.${topic}.${randomUUID()}`,
    maxWaitTimeInMs: 500,
    retry: {
      retries: 10,
      initialRetryTime: 100,
      maxRetryTime: 2_000,
      restartOnFailure: async () => failure === undefined,
    },
  });
  /** By partition, the offset after the last one handled. */
  const handled = new Map<number, bigint>();
  let waiters: Waiter[] = [];
  let failure: { readonly error: unknown } | undefined;
  let stopping = false;

  function end(error: unknown): void {
    failure ??= { error };
    for (const waiter of waiters) waiter.reject(error);
    waiters = [];
  }

  function fail(error: unknown): void {
    if (failure !== undefined) return;
    end(error);
    options.onFailure(error);
  }

  function reach(partition: number, next: bigint): void {
    if (next <= (handled.get(partition) ?? 0n)) return;
    handled.set(partition, next);
    const done = waiters.filter((waiter) => reached(waiter.until));
    waiters = waiters.filter((waiter) => !done.includes(waiter));
    for (const waiter of done) waiter.resolve();
  }

  const reached = (until: ReadonlyMap<number, bigint>) =>
    [...until].every(([partition, next]) => (handled.get(partition) ?? 0n) >= next);

  function caughtUpWith(until: ReadonlyMap<number, bigint>): Promise<void> {
    if (failure !== undefined) return Promise.reject(failure.error);
    if (reached(until)) return Promise.resolve();
    return new Promise((resolve, reject) => waiters.push({ until, resolve, reject }));
  }

  // Batches of nothing but transaction markers are passed over by kafkajs without being handed out.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    if (payload.batchSize === 0) reach(payload.partition, BigInt(payload.lastOffset) + 1n);
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) fail(payload.error);
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    async eachBatch({ batch, resolveOffset, heartbeat }) {
      const { records, nextOffset, partition } = batchOf(batch, () => true);
      for (const record of records) {
        // A restarted consumer begins anew; each record is handled once.
        if (record.offset < (handled.get(partition) ?? 0n)) continue;
        try {
          await retrying(
            async () => options.onRecord(record),
            () => stopping,
          );
        } catch (error) {
          if (error instanceof Abandoned) return;
          fail(error);
          throw error;
        }
        reach(partition, record.offset + 1n);
        resolveOffset(String(record.offset));
        await heartbeat();
      }
      reach(partition, nextOffset);
      resolveOffset(batch.lastOffset());
    },
  });

  return {
    value: {
      async caughtUp(position?: AppendedAt) {
        if (position !== undefined)
          return caughtUpWith(new Map([[position.partition, position.offset + 1n]]));
        const spans = await readSpans(connection, topic);
        return caughtUpWith(
          new Map(spans.filter(({ first, next }) => next > first).map((span) => [span.partition, span.next])),
        );
      },
    },
    async stop() {
      stopping = true;
      end(new MillraceError('LOG_UNAVAILABLE', `following ${topic} was stopped`));
      await disconnect(consumer);
    },
  };
}
