import type { Batch, KafkaMessage } from 'kafkajs';
import { z } from 'zod';
import type { LogRecord, PartitionBatch } from '../port.ts';
import type { FetchedMessage } from './fetch-blocks.ts';
import { blockFrom, type RecordBlock, recordsOf } from './record-block.ts';
import { replayOfIn } from './replay-header.ts';

/** The batch in the words of the port. */
export function batchOf(batch: Batch, isCurrent: () => boolean, isOver?: () => boolean): PartitionBatch {
  const { topic, partition } = batch;
  return {
    topic,
    partition,
    highWatermark: BigInt(batch.highWatermark),
    nextOffset: BigInt(batch.lastOffset()) + 1n,
    isCurrent,
    ...(isOver === undefined ? {} : { isOver }),
    ...contentOf(batch),
  };
}

type Content = Pick<PartitionBatch, 'records' | 'bytes'>;

/** Where a fetch began: kafkajs has it, its types do not. */
const fetchedSchema = z.object({ fetchedOffset: z.coerce.number() });

function contentOf(batch: Batch): Content {
  const [first] = batch.messages;
  if (!isFetched(first)) return messageContent(batch);
  // The broker gives whole blocks, also of what lies before the offset that was asked for.
  const { fetchedOffset } = fetchedSchema.parse(batch);
  return blockContent(
    batch,
    first.blocks
      .filter(({ lastOffset }) => lastOffset >= fetchedOffset)
      .map((block) => (block.baseOffset < fetchedOffset ? blockFrom(block, fetchedOffset) : block)),
  );
}

function isFetched(message: object | undefined): message is FetchedMessage {
  return message !== undefined && 'blocks' in message;
}

function blockContent({ topic, partition }: Batch, blocks: readonly RecordBlock[]): Content {
  return {
    bytes: blocks.reduce((sum, { bytes }) => sum + bytes.length, 0),
    records: {
      length: blocks.reduce((sum, { count }) => sum + count, 0),
      [Symbol.iterator]: () => recordsOf(topic, partition, blocks),
    },
  };
}

/** Of messages as kafkajs itself makes them, for a Kafka before 2.3. */
function messageContent({ topic, partition, messages }: Batch): Content {
  return {
    bytes: messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0),
    records: messages.map((message) => recordOf(topic, partition, message)),
  };
}

function recordOf(
  topic: string,
  partition: number,
  { offset, timestamp, key, value, headers }: KafkaMessage,
): LogRecord {
  const record = {
    topic,
    partition,
    offset: BigInt(offset),
    recordedAt: BigInt(timestamp) * 1000n,
    key,
    value,
  };
  const replayOf = replayOfIn(headers);
  return replayOf === undefined ? record : { ...record, replayOf };
}
