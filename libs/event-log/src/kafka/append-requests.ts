import type { Message, ProducerBatch, RecordMetadata } from 'kafkajs';
import type { AppendedAt, RecordToAppend, RecordToReplay } from '../port.ts';
import { replayHeaders } from './replay-header.ts';

/** Kafka refuses a batch of one partition over 1 MiB by default. */
const MAX_PARTITION_BYTES = 900_000;
const MAX_REQUEST_BYTES = 8_000_000;
const RECORD_OVERHEAD = 80;
/** kafkajs copies a partition's list for each record that it adds: its time grows with the square of this. */
const MAX_PARTITION_RECORDS = 500;

/** A record with the partition that it goes to, and who is told where it came to stand. */
export interface Placed {
  readonly record: RecordToAppend | RecordToReplay;
  readonly partition: number;
  place(at: AppendedAt): void;
}

/**
 * Cuts records into requests that the broker takes, keeping their order. A record that may be too large for it goes
 * alone, so that its refusal is nobody else's.
 */
export function* intoRequests(placed: readonly Placed[]): Generator<readonly Placed[]> {
  let request: Placed[] = [];
  let total = 0;
  let lanes = new Map<string, { records: number; bytes: number }>();
  let alone = false;
  for (const item of placed) {
    const size = sizeOf(item.record);
    const name = `${item.record.topic}/${item.partition}`;
    let lane = lanes.get(name) ?? { records: 0, bytes: 0 };
    const laneIsFull = lane.records === MAX_PARTITION_RECORDS || lane.bytes + size > MAX_PARTITION_BYTES;
    const isLarge = size > MAX_PARTITION_BYTES;
    if (request.length > 0 && (alone || isLarge || laneIsFull || total + size > MAX_REQUEST_BYTES)) {
      yield request;
      request = [];
      total = 0;
      lanes = new Map();
      lane = { records: 0, bytes: 0 };
    }
    alone = isLarge;
    request.push(item);
    total += size;
    lane.records += 1;
    lane.bytes += size;
    lanes.set(name, lane);
  }
  if (request.length > 0) yield request;
}

function sizeOf({ key, value }: RecordToAppend | RecordToReplay): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + RECORD_OVERHEAD;
}

/** By topic and partition, in the order of the request. */
type Lanes = ReadonlyMap<string, ReadonlyMap<number, readonly Placed[]>>;

/** Sends a request and tells each record where it stands. */
export async function sendRequest(
  send: (batch: ProducerBatch) => Promise<RecordMetadata[]>,
  request: readonly Placed[],
): Promise<void> {
  const lanes: Lanes = new Map(
    [...Map.groupBy(request, ({ record }) => record.topic)].map(([topic, items]) => [
      topic,
      Map.groupBy(items, ({ partition }) => partition),
    ]),
  );
  const metadata = await send({
    acks: -1,
    timeout: 10_000,
    topicMessages: [...lanes].map(([topic, partitions]) => ({
      topic,
      messages: [...partitions].flatMap(([partition, items]) =>
        items.map(
          ({ record }): Message => ({
            key: record.key,
            value: record.value,
            partition,
            ...('replayOf' in record ? { headers: replayHeaders(record.replayOf) } : {}),
          }),
        ),
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
