import type { FetchedBatch } from '@millrace/event-log/simulation';
import type { Entry } from './simulated-log.ts';

/** A batch of a fetch, with what kafkajs says about it. */
export function simulatedBatch(
  topic: string,
  partition: number,
  entries: readonly Entry[],
  highWatermark: bigint,
): FetchedBatch['batch'] {
  const messages = entries.flatMap(({ offset, recordedAt, record }) =>
    record === 'marker'
      ? []
      : [
          {
            ...record,
            offset: String(offset),
            timestamp: String(recordedAt / 1000n),
            attributes: 0,
            headers: {},
          },
        ],
  );
  const lastOffset = String(entries.at(-1)?.offset ?? highWatermark - 1n);
  return {
    topic,
    partition,
    highWatermark: String(highWatermark),
    messages,
    isEmpty: () => messages.length === 0,
    firstOffset: () => (entries[0] === undefined ? null : String(entries[0].offset)),
    lastOffset: () => lastOffset,
    offsetLag: () => String(highWatermark - 1n - BigInt(lastOffset)),
    offsetLagLow: () => String(highWatermark - 1n - (entries[0]?.offset ?? highWatermark - 1n)),
  };
}
