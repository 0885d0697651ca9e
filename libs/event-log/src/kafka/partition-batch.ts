import type { Batch } from 'kafkajs';
import type { LogRecord, PartitionBatch } from '../port.ts';
import { replayOfIn } from './replay-header.ts';

/** The batch in the words of the port. */
export function batchOf(batch: Batch, isCurrent: () => boolean, isOver?: () => boolean): PartitionBatch {
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
    ...(isOver === undefined ? {} : { isOver }),
    records: batch.messages.map((message): LogRecord => {
      if (message.timestamp !== timestamp) {
        timestamp = message.timestamp;
        recordedAt = BigInt(timestamp) * 1000n;
      }
      const record: LogRecord = {
        topic,
        partition,
        offset: BigInt(message.offset),
        recordedAt,
        key: message.key,
        value: message.value,
      };
      const replayOf = replayOfIn(message.headers);
      return replayOf === undefined ? record : { ...record, replayOf };
    }),
  };
}
