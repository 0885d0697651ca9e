import { randomUUID } from 'node:crypto';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import { Abandoned, MillraceError, retrying, type Running } from '@millrace/kernel';
import type { AppendedAt, Follower, FollowOptions } from '../port.ts';
import type { KafkaConnection } from './connection.ts';
import { HEARTBEAT_INTERVAL_MS } from './group-member.ts';
import { keepRunning } from './keep-running.ts';
import { batchOf } from './partition-batch.ts';
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
  /** By partition, the offset after the last one handled. */
  const handled = new Map(options.from);
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

  function make(): Consumer {
    return connection.kafka.consumer({
      groupId: `follow.${topic}.${randomUUID()}`,
      sessionTimeout: connection.config.kafkaSessionTimeoutMs,
      heartbeatInterval: HEARTBEAT_INTERVAL_MS,
      maxWaitTimeInMs: 500,
      retry: { ...connection.retry, restartOnFailure: async () => false },
    });
  }

  async function run(consumer: Consumer): Promise<void> {
    const { events } = consumer;
    // Batches of nothing but transaction markers are passed over by kafkajs without being handed out.
    consumer.on(events.END_BATCH_PROCESS, ({ payload }) => {
      if (payload.batchSize === 0) reach(payload.partition, BigInt(payload.lastOffset) + 1n);
    });
    // One that takes another's place need not read everything again.
    consumer.on(events.GROUP_JOIN, () => {
      for (const [partition, next] of handled) consumer.seek({ topic, partition, offset: String(next) });
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
  }

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const { records, nextOffset, partition } = batchOf(payload.batch, () => true);
    for (const record of records) {
      if (stopping) return;
      // Each record is handled once.
      if (record.offset < (handled.get(partition) ?? 0n)) continue;
      try {
        await retrying(async () => options.onRecord(record), { abandoned: () => stopping });
      } catch (error) {
        if (error instanceof Abandoned) return;
        fail(error);
        throw error;
      }
      reach(partition, record.offset + 1n);
      payload.resolveOffset(String(record.offset));
      await payload.heartbeat();
    }
    reach(partition, nextOffset);
    payload.resolveOffset(payload.batch.lastOffset());
  }

  const { stop } = await keepRunning({
    make,
    run,
    idle: () => Promise.resolve(),
    onCrash(error, restarts) {
      if (!restarts) fail(error);
    },
    mayRestart: () => failure === undefined,
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
      await stop();
    },
  };
}
