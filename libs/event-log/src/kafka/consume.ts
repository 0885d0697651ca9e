import type { Batch, Consumer, EachBatchPayload } from 'kafkajs';
import { describeError, MillraceError, type Running } from '@millrace/kernel';
import type { ConsumeOptions, LogRecord, PartitionBatch } from '../port.ts';
import type { KafkaConnection } from './connection.ts';

const SESSION_TIMEOUT_MS = 30_000;
const HEARTBEAT_INTERVAL_MS = 1_000;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;

/** One membership of the group: the partitions that it gave, and the offsets that they go on from. */
interface Membership {
  readonly resumes: Map<number, Promise<bigint>>;
  lastHeartbeat: number;
  over: boolean;
}

/**
 * Consumes one topic in a group, going on from where the store is rather than from committed offsets: at every
 * assignment each partition is sought to what `resumeFrom` says, and what was fetched from elsewhere is put aside:
 * a batch that is not resolved is simply fetched again.
 * A batch whose effect fails with an error that may pass is tried again until it succeeds or the partition is lost.
 */
export async function startConsuming(
  connection: KafkaConnection,
  options: ConsumeOptions,
): Promise<Running<void>> {
  const { topic } = options;
  const partitions = await connection.partitionCount(topic);
  const consumer = connection.kafka.consumer({
    groupId: options.groupId,
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_INTERVAL_MS,
    maxBytesPerPartition: options.maxBytesPerPartition ?? 4 * 1024 * 1024,
    maxBytes: 64 * 1024 * 1024,
    maxWaitTimeInMs: options.maxWaitMs ?? 500,
    retry: {
      retries: 10,
      initialRetryTime: 100,
      maxRetryTime: 2_000,
      restartOnFailure: async () => !stopping,
    },
  });
  let membership: Membership | undefined;
  let stopping = false;
  let failed = false;

  function fail(error: unknown): void {
    if (failed) return;
    failed = true;
    options.onFailure(error);
  }

  const endMembership = () => {
    if (membership !== undefined) membership.over = true;
  };
  consumer.on(consumer.events.REBALANCING, endMembership);
  consumer.on(consumer.events.STOP, endMembership);
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    endMembership();
    if (!payload.restart) fail(payload.error);
  });
  consumer.on(consumer.events.HEARTBEAT, () => {
    if (membership !== undefined) membership.lastHeartbeat = Date.now();
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    endMembership();
    const assigned = payload.memberAssignment[topic] ?? [];
    const joined: Membership = { resumes: new Map(), lastHeartbeat: Date.now(), over: false };
    membership = joined;
    for (const partition of assigned) {
      const resumed = resume(partition, () => stopping || joined.over);
      joined.resumes.set(partition, resumed);
      resumed.catch((error: unknown) => {
        if (!(error instanceof Abandoned)) fail(error);
      });
    }
  });

  async function resume(partition: number, over: () => boolean): Promise<bigint> {
    const offset = await retrying(() => options.resumeFrom(partition), over);
    if (!over()) consumer.seek({ topic, partition, offset: String(offset) });
    return offset;
  }

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const current = membership;
    const { batch } = payload;
    const resumed = current?.resumes.get(batch.partition);
    if (current === undefined || resumed === undefined) return;
    const isCurrent = () =>
      membership === current && !current.over && Date.now() - current.lastHeartbeat < SESSION_TIMEOUT_MS;
    const beating = keepBeating(payload);
    try {
      await resumed;
      // Fetched before the seek was carried out: the next fetch begins where the store is.
      if (payload.isStale() || !isCurrent()) return;
      const partitionBatch = batchOf(batch, isCurrent);
      await retrying(
        () => options.onBatch(partitionBatch),
        () => stopping || !isCurrent(),
      );
      // An effect puts aside what is no longer this member's; resolved, it would never be fetched again.
      if (!isCurrent()) return;
      payload.resolveOffset(batch.lastOffset());
      await payload.commitOffsetsIfNecessary();
    } catch (error) {
      if (error instanceof Abandoned || !isCurrent()) return;
      fail(error);
      throw error;
    } finally {
      beating.stop();
    }
    beating.throwIfRebalancing();
  }

  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    partitionsConsumedConcurrently: partitions,
    eachBatchAutoResolve: false,
    autoCommit: true,
    autoCommitInterval: 1_000,
    eachBatch,
  });
  return {
    value: undefined,
    async stop() {
      if (stopping) return;
      stopping = true;
      await disconnect(consumer);
    },
  };
}

class Abandoned extends Error {}

/** Tries until it succeeds, the error cannot pass, or nobody wants it any more (then throws Abandoned). */
async function retrying<T>(attempt: () => Promise<T>, abandoned: () => boolean): Promise<T> {
  for (let delay = FIRST_RETRY_MS; ; delay = Math.min(delay * 2, LONGEST_RETRY_MS)) {
    if (abandoned()) throw new Abandoned();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof MillraceError) || !error.retry) throw error;
      await new Promise((wake) => setTimeout(wake, delay));
    }
  }
}

/** Heartbeats while a batch is worked on, for as long as it takes. */
function keepBeating(payload: EachBatchPayload): { stop(): void; throwIfRebalancing(): void } {
  let failure: unknown;
  const timer = setInterval(() => {
    payload.heartbeat().catch((error: unknown) => {
      failure = error;
    });
  }, HEARTBEAT_INTERVAL_MS);
  return {
    stop: () => clearInterval(timer),
    throwIfRebalancing() {
      if (failure instanceof Error) throw failure;
    },
  };
}

/** The batch in the words of the port. */
export function batchOf(batch: Batch, isCurrent: () => boolean): PartitionBatch {
  return {
    topic: batch.topic,
    partition: batch.partition,
    highWatermark: BigInt(batch.highWatermark),
    nextOffset: BigInt(batch.lastOffset()) + 1n,
    isCurrent,
    records: batch.messages.map(
      (message): LogRecord => ({
        topic: batch.topic,
        partition: batch.partition,
        offset: BigInt(message.offset),
        recordedAt: BigInt(message.timestamp) * 1000n,
        key: message.key,
        value: message.value,
      }),
    ),
  };
}

/** Leaves the group and disconnects; kafkajs throws when it was never connected. */
export async function disconnect(consumer: Consumer): Promise<void> {
  try {
    await consumer.disconnect();
  } catch (error) {
    throw new MillraceError('LOG_UNAVAILABLE', `could not leave Kafka: ${describeError(error)}`, {
      cause: error,
    });
  }
}
