import type { Batch, Consumer, EachBatchPayload } from 'kafkajs';
import type { Running } from '@millrace/kernel';
import { z } from 'zod';
import type { ConsumeOptions } from '../port.ts';
import type { KafkaConnection } from './connection.ts';
import { keepRunning } from './keep-running.ts';

/** How long the group's coordinator waits for a heartbeat where nothing else is configured, in milliseconds. */
export const SESSION_TIMEOUT_MS = 30_000;
/** Milliseconds between heartbeats. */
export const HEARTBEAT_INTERVAL_MS = 1_000;

/** A batch as it was fetched, and what can be done about it. */
export interface FetchedBatch {
  readonly batch: Batch;
  /** The offset that the fetch asked for. */
  readonly fetchedFrom: bigint;
  /** Whether the partition was sought elsewhere since the fetch. */
  isStale(): boolean;
  heartbeat(): Promise<void>;
  /** The next fetch goes on after the batch. Otherwise it is fetched again. */
  resolve(): void;
  /** Commits what is resolved, from time to time. */
  commit(): Promise<void>;
}

/** What a member of a group is told. */
export interface MemberListeners {
  /** A join gave these partitions. */
  joined(partitions: readonly number[]): void;
  /** The coordinator asks for another join, or the member has left: its partitions may be another's. */
  ended(): void;
  /** The coordinator took a heartbeat. */
  heartbeat(): void;
  /** Records from and to these offsets, all of them markers of transactions, were passed over. */
  passedOver(partition: number, first: bigint, last: bigint): void;
  /** The member was ended by an error. It joins again by itself, or nothing that could be waited for mends it. */
  crashed(error: unknown, restarts: boolean): void;
  /** Handles a batch; batches of several partitions at once, of one partition one after the other. */
  batch(fetched: FetchedBatch): Promise<void>;
  /** Whether to join again after an error that may pass. */
  mayRestart(): boolean;
}

/** A member of a consumer group of one topic. */
export interface GroupMember {
  start(listeners: MemberListeners): Promise<void>;
  /** The next fetch of the partition begins here. */
  seek(partition: number, offset: bigint): void;
  /** Finishes the batches under way and leaves the group. */
  stop(): Promise<void>;
}

/**
 * A member as kafkajs makes it. Where Kafka was away it joins again as another consumer of the same group, for as
 * long as that takes.
 */
export function kafkaGroupMember(
  { kafka, config, retry }: Pick<KafkaConnection, 'kafka' | 'config' | 'retry'>,
  options: ConsumeOptions,
  partitions: number,
): GroupMember {
  const { topic } = options;
  const working = new Set<Promise<void>>();
  let consumer: Consumer | undefined;
  let running: Running<void> | undefined;

  function make(): Consumer {
    return kafka.consumer({
      groupId: options.groupId,
      sessionTimeout: config.kafkaSessionTimeoutMs,
      heartbeatInterval: HEARTBEAT_INTERVAL_MS,
      maxBytesPerPartition: options.maxBytesPerPartition ?? 4 * 1024 * 1024,
      maxBytes: 64 * 1024 * 1024,
      maxWaitTimeInMs: options.maxWaitMs ?? 500,
      retry: { ...retry, restartOnFailure: async () => false },
    });
  }

  async function run(made: Consumer, listeners: MemberListeners): Promise<void> {
    consumer = made;
    listen(made, topic, listeners, () => consumer === made);
    await made.connect();
    await made.subscribe({ topics: [topic], fromBeginning: true });
    await made.run({
      partitionsConsumedConcurrently: partitions,
      eachBatchAutoResolve: false,
      autoCommit: true,
      autoCommitInterval: 1_000,
      async eachBatch(payload) {
        if (consumer !== made) return;
        const work = listeners.batch(fetchedBatch(payload));
        working.add(work);
        await work.finally(() => working.delete(work));
      },
    });
  }

  return {
    async start(listeners) {
      running = await keepRunning({
        make,
        run: (made) => run(made, listeners),
        async idle() {
          await Promise.allSettled(working);
        },
        onCrash(error, restarts) {
          consumer = undefined;
          listeners.crashed(error, restarts);
        },
        mayRestart: () => listeners.mayRestart(),
      });
    },
    seek(partition, offset) {
      consumer?.seek({ topic, partition, offset: String(offset) });
    },
    async stop() {
      await running?.stop();
    },
  };
}

/** Of a consumer in whose place there is another one, nothing is told any more. */
function listen(
  consumer: Consumer,
  topic: string,
  listeners: MemberListeners,
  isCurrent: () => boolean,
): void {
  const { events } = consumer;
  const whileCurrent = (tell: () => void) => () => {
    if (isCurrent()) tell();
  };
  consumer.on(
    events.REBALANCING,
    whileCurrent(() => listeners.ended()),
  );
  consumer.on(
    events.STOP,
    whileCurrent(() => listeners.ended()),
  );
  consumer.on(
    events.HEARTBEAT,
    whileCurrent(() => listeners.heartbeat()),
  );
  consumer.on(events.GROUP_JOIN, ({ payload }) => {
    if (isCurrent()) listeners.joined(payload.memberAssignment[topic] ?? []);
  });
  // Batches of nothing but transaction markers are passed over by kafkajs without being handed out.
  consumer.on(events.END_BATCH_PROCESS, ({ payload }) => {
    if (!isCurrent()) return;
    const { firstOffset, lastOffset } = offsetsSchema.parse(payload);
    if (payload.batchSize === 0 && firstOffset !== null)
      listeners.passedOver(payload.partition, BigInt(firstOffset), BigInt(lastOffset));
  });
}

/** A batch may have no first offset, which its type denies. */
const offsetsSchema = z.object({ firstOffset: z.string().nullable(), lastOffset: z.string() });

/** Where the fetch began: kafkajs has it, its types do not. */
const fetchedSchema = z.object({ fetchedOffset: z.coerce.string() });

function fetchedBatch(payload: EachBatchPayload): FetchedBatch {
  const { batch } = payload;
  return {
    batch,
    fetchedFrom: BigInt(fetchedSchema.parse(batch).fetchedOffset),
    isStale: () => payload.isStale(),
    heartbeat: () => payload.heartbeat(),
    resolve: () => payload.resolveOffset(batch.lastOffset()),
    commit: () => payload.commitOffsetsIfNecessary(),
  };
}
