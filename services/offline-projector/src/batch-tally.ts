import type { LogRecord, PartitionBatch } from '@millrace/event-log';
import { MillraceError } from '@millrace/kernel';
import type { EncodedRange } from './encoded-batch.ts';

/** Counts what a batch turned into. */
export class BatchTally {
  readonly letters: { readonly record: LogRecord; readonly error: MillraceError }[] = [];
  #rows = 0;
  #minEventTime: bigint | null = null;
  #maxEventTime: bigint | null = null;
  #maxRecordedAt: bigint | null = null;

  /** A record came up, whatever becomes of it. @param recordedAt microseconds. */
  record(recordedAt: bigint): void {
    if (this.#maxRecordedAt === null || recordedAt > this.#maxRecordedAt) this.#maxRecordedAt = recordedAt;
  }

  /** A record became a row. */
  row(eventTime: bigint): void {
    this.#rows += 1;
    if (this.#minEventTime === null || eventTime < this.#minEventTime) this.#minEventTime = eventTime;
    if (this.#maxEventTime === null || eventTime > this.#maxEventTime) this.#maxEventTime = eventTime;
  }

  /** A record could not become a row. An error that passes, or one of ours, is thrown instead. */
  letter(record: LogRecord, error: unknown): void {
    if (!(error instanceof MillraceError) || error.retry || error.code === 'INTERNAL') throw error;
    this.letters.push({ record, error });
  }

  /** The range that the batch covers. */
  range({ topic, partition, nextOffset }: PartitionBatch, epoch: number, firstOffset: bigint): EncodedRange {
    return {
      topic,
      epoch,
      partition,
      firstOffset,
      lastOffset: nextOffset - 1n,
      rows: this.#rows,
      deadLetters: this.letters.length,
      minEventTime: this.#minEventTime,
      maxEventTime: this.#maxEventTime,
      maxRecordedAt: this.#maxRecordedAt,
    };
  }
}
