import { type Message, Partitioners, type Producer } from 'kafkajs';
import { partitionOf } from '@millrace/events';
import { describeError, MillraceError, type Running } from '@millrace/kernel';
import type { AppendedAt, LogWriter, RecordToAppend } from '../port.ts';
import type { KafkaConnection } from './connection.ts';

/** Kafka refuses a batch of one partition over 1 MiB by default. */
const MAX_PARTITION_BYTES = 900_000;
const MAX_REQUEST_BYTES = 8_000_000;
const RECORD_OVERHEAD = 80;
/** kafkajs copies a partition's list for each record that it adds: its time grows with the square of this. */
const MAX_PARTITION_RECORDS = 500;

interface Pending {
  readonly records: readonly RecordToAppend[];
  readonly resolve: (positions: readonly AppendedAt[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Placed {
  readonly record: RecordToAppend;
  readonly partition: number;
  place(at: AppendedAt): void;
}

/**
 * Appends with `acks=all` and one request under way at a time: what arrives meanwhile goes together in the next
 * one, so that a busy writer sends few large requests, an idle one adds no delay, and one key keeps its order.
 */
export async function startWriter(connection: KafkaConnection): Promise<Running<LogWriter>> {
  const producer = connection.kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    // Records carry their partition; this only keeps kafkajs from warning about its default.
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  let queue: Pending[] = [];
  let draining: Promise<void> | undefined;

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      const group = queue;
      queue = [];
      const outcomes = await appendGroup(connection, producer, group);
      outcomes.forEach((outcome, index) => {
        if (outcome instanceof Error) group[index]?.reject(outcome);
        else group[index]?.resolve(outcome);
      });
    }
    draining = undefined;
  }

  return {
    value: {
      append(records) {
        if (records.length === 0) return Promise.resolve([]);
        return new Promise((resolve, reject) => {
          queue.push({ records, resolve, reject });
          // The next turn, so that calls of this one go together.
          draining ??= new Promise<void>((turn) => setImmediate(turn)).then(drain);
        });
      },
    },
    async stop() {
      await draining;
      await producer.disconnect();
    },
  };
}

async function appendGroup(
  connection: KafkaConnection,
  producer: Producer,
  group: readonly Pending[],
): Promise<readonly (readonly AppendedAt[] | MillraceError)[]> {
  const results = group.map((): AppendedAt[] => []);
  const failures = new Map<number, MillraceError>();
  const placed: Placed[] = [];
  for (const [index, { records }] of group.entries()) {
    try {
      const partitions = new Map<string, number>();
      for (const record of records) {
        const count = partitions.get(record.topic) ?? (await connection.partitionCount(record.topic));
        partitions.set(record.topic, count);
      }
      records.forEach((record, at) => {
        const partition = partitionOf(record.key, partitions.get(record.topic) ?? 1);
        placed.push({
          record,
          partition,
          place: (position) => {
            const positions = results[index];
            if (positions !== undefined) positions[at] = position;
          },
        });
      });
    } catch (error) {
      failures.set(index, logUnavailable(error));
    }
  }
  let failed: MillraceError | undefined;
  for (const request of intoRequests(placed)) {
    try {
      await send(producer, request);
    } catch (error) {
      failed = logUnavailable(error);
    }
  }
  return results.map((positions, index) => {
    const complete = positions.filter(() => true).length === group[index]?.records.length;
    return failures.get(index) ?? (failed === undefined || complete ? positions : failed);
  });
}

/** Cuts records into requests that the broker takes, keeping their order. */
function* intoRequests(placed: readonly Placed[]): Generator<readonly Placed[]> {
  let request: Placed[] = [];
  let total = 0;
  let lanes = new Map<string, { records: number; bytes: number }>();
  for (const item of placed) {
    const size = item.record.key.length + item.record.value.length + RECORD_OVERHEAD;
    const name = `${item.record.topic}/${item.partition}`;
    let lane = lanes.get(name) ?? { records: 0, bytes: 0 };
    const laneIsFull = lane.records === MAX_PARTITION_RECORDS || lane.bytes + size > MAX_PARTITION_BYTES;
    if (request.length > 0 && (laneIsFull || total + size > MAX_REQUEST_BYTES)) {
      yield request;
      request = [];
      total = 0;
      lanes = new Map();
      lane = { records: 0, bytes: 0 };
    }
    request.push(item);
    total += size;
    lane.records += 1;
    lane.bytes += size;
    lanes.set(name, lane);
  }
  if (request.length > 0) yield request;
}

async function send(producer: Producer, request: readonly Placed[]): Promise<void> {
  const lanes = new Map<string, Map<number, Placed[]>>();
  for (const item of request) {
    const partitions = lanes.get(item.record.topic) ?? new Map<number, Placed[]>();
    lanes.set(item.record.topic, partitions);
    const lane = partitions.get(item.partition) ?? [];
    partitions.set(item.partition, lane);
    lane.push(item);
  }
  const metadata = await producer.sendBatch({
    acks: -1,
    timeout: 10_000,
    topicMessages: [...lanes].map(([topic, partitions]) => ({
      topic,
      messages: [...partitions].flatMap(([partition, items]) =>
        items.map(({ record }): Message => ({ key: record.key, value: record.value, partition })),
      ),
    })),
  });
  for (const { topicName: topic, partition, baseOffset } of metadata) {
    if (baseOffset === undefined) throw new Error(`no base offset for ${topic}/${partition}`);
    const first = BigInt(baseOffset);
    const lane = lanes.get(topic)?.get(partition) ?? [];
    lane.forEach((item, index) => item.place({ topic, partition, offset: first + BigInt(index) }));
  }
}

function logUnavailable(cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause;
  return new MillraceError('LOG_UNAVAILABLE', `Kafka did not take the records: ${describeError(cause)}`, {
    cause,
  });
}
