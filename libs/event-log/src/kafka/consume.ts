import type { Batch, Consumer, EachBatchPayload } from 'kafkajs';
import { describeError, MillraceError, type Running } from '@millrace/kernel';
import { z } from 'zod';
import type { ConsumeOptions, LogRecord, PartitionBatch } from '../port.ts';
import type { KafkaConnection } from './connection.ts';
import { Abandoned, retrying } from './retrying.ts';
import { readSpans } from './spans.ts';

const SESSION_TIMEOUT_MS = 30_000;
const HEARTBEAT_INTERVAL_MS = 1_000;

/** One membership of the group: the partitions that it gave, and the offsets that they go on from. */
interface Membership {
  readonly resumes: Map<number, Promise<bigint>>;
  /** By partition, the offset that the next batch has to be fetched from. */
  readonly next: Map<number, bigint>;
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
    if (membership === undefined) return;
    membership.lastHeartbeat = Date.now();
    // kafkajs may tell of a rebalance once more after the join that answered it (seen when a broker had frozen): a
    // heartbeat that the coordinator takes says that the membership is still the one that was given.
    membership.over = false;
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    endMembership();
    const assigned = payload.memberAssignment[topic] ?? [];
    const joined: Membership = {
      resumes: new Map(),
      next: new Map(),
      lastHeartbeat: Date.now(),
      over: false,
    };
    membership = joined;
    for (const partition of assigned) {
      const resumed = resume(partition, joined, () => stopping || joined.over);
      joined.resumes.set(partition, resumed);
      resumed.catch((error: unknown) => {
        if (!(error instanceof Abandoned)) fail(error);
      });
    }
  });

  // Batches of nothing but transaction markers are passed over by kafkajs without being handed out.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    const next = membership?.next.get(payload.partition);
    const after = BigInt(payload.lastOffset) + 1n;
    if (payload.batchSize === 0 && next !== undefined && after > next)
      membership?.next.set(payload.partition, after);
  });

  async function resume(partition: number, joined: Membership, over: () => boolean): Promise<bigint> {
    const offset = await retrying(() => options.resumeFrom(partition), over);
    joined.next.set(partition, offset);
    if (!over()) consumer.seek({ topic, partition, offset: String(offset) });
    return offset;
  }

  /** Whether a batch begins where the last one ended; if not, the next fetch is sent there. */
  async function continues(batch: Batch, { next }: Membership): Promise<boolean> {
    const { partition } = batch;
    const wanted = next.get(partition) ?? 0n;
    const { fetchedOffset } = fetchedSchema.parse(batch);
    if (BigInt(fetchedOffset) === wanted) return true;
    const span = (await readSpans(connection, topic)).find((candidate) => candidate.partition === partition);
    if (span === undefined || wanted < span.first || wanted > span.next) {
      throw new MillraceError(
        'LOG_TRUNCATED',
        `${topic}/${partition} has offsets ${span?.first ?? 0n} to ${span?.next ?? 0n}, and the store goes on from ${wanted}`,
        { details: { topic, partition } },
      );
    }
    consumer.seek({ topic, partition, offset: String(wanted) });
    return false;
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
      if (payload.isStale() || !isCurrent() || !(await continues(batch, current))) return;
      const partitionBatch = batchOf(batch, isCurrent);
      await retrying(
        () => options.onBatch(partitionBatch),
        () => stopping || !isCurrent(),
      );
      // An effect puts aside what is no longer this member's; resolved, it would never be fetched again.
      if (!isCurrent()) return;
      current.next.set(batch.partition, partitionBatch.nextOffset);
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

/** Where the fetch began: kafkajs has it, its types do not. */
const fetchedSchema = z.object({ fetchedOffset: z.coerce.string() });

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
  const { topic, partition } = batch;
  // The broker stamps all records of a producer's batch alike, so most times are the one before.
  let timestamp = '';
  let recordedAt = 0n;
  return {
    topic,
    partition,
    highWatermark: BigInt(batch.highWatermark),
    nextOffset: BigInt(batch.lastOffset()) + 1n,
    isCurrent,
    records: batch.messages.map((message): LogRecord => {
      if (message.timestamp !== timestamp) {
        timestamp = message.timestamp;
        recordedAt = BigInt(timestamp) * 1000n;
      }
      return {
        topic,
        partition,
        offset: BigInt(message.offset),
        recordedAt,
        key: message.key,
        value: message.value,
      };
    }),
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
