import type { LogRecord, PartitionBatch } from '@millrace/event-log';
import type { MillraceError } from '@millrace/kernel';
import type { AppliedRange } from '@millrace/offline-store';
import type { RowSection } from './row-sections.ts';

/** A range of a batch, whichever generation it goes into. */
export type EncodedRange = Omit<AppliedRange, 'generation'>;

/** A batch as rows, and what is to be said about it once they are stored. */
export interface EncodedBatch {
  readonly batch: PartitionBatch;
  /** Under the stable names of their tables. */
  readonly sections: readonly RowSection[];
  readonly letters: readonly { readonly record: LogRecord; readonly error: MillraceError }[];
  readonly range: EncodedRange;
}

/** Turns batches of one topic into rows. */
export interface BatchEncoder {
  /** How often the topic was made anew. */
  epoch(): number;
  /**
   * @param firstOffset where the range begins that the batch covers: at or before its first record.
   * @throws MillraceError STORE_UNAVAILABLE, REGISTRY_UNAVAILABLE; what a record itself has wrong is a letter.
   */
  encode(batch: PartitionBatch, firstOffset: bigint): Promise<EncodedBatch>;
}
