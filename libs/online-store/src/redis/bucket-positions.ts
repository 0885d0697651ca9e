import { MillraceError } from '@millrace/kernel';
import type { TopicPartition } from '../port.ts';

/**
 * What a writer knows of one partition: how far each bucket was when it last wrote there. A bucket that is
 * found behind that has lost acknowledged writes.
 */
export class BucketPositions {
  readonly of: TopicPartition;
  /** Offsets have 40 bits: exact as numbers. */
  readonly #nextOffsets: Float64Array;
  #written: number;
  #applied: number;
  #lost = false;

  /**
   * @param nextOffsets of every bucket.
   * @param applied what the store says that all buckets have.
   */
  constructor(of: TopicPartition, nextOffsets: readonly number[], applied: number) {
    this.of = of;
    this.#applied = applied;
    this.#nextOffsets = Float64Array.from(nextOffsets);
    this.#written = this.lowest();
  }

  /** The position of a bucket as it was last seen. */
  at(bucket: number): number {
    return this.#nextOffsets[bucket] ?? 0;
  }

  /** The position to which every bucket may be raised: all before it has been written. */
  get written(): number {
    return this.#written;
  }

  /** What the store last said that all buckets have. */
  get applied(): number {
    return this.#applied;
  }

  /** The offset from which nothing is missing in any bucket. */
  lowest(): number {
    return this.#nextOffsets.reduce((least, offset) => Math.min(least, offset));
  }

  /** A bucket has acknowledged a position. */
  raise(bucket: number, nextOffset: number): void {
    if (nextOffset > this.at(bucket)) this.#nextOffsets[bucket] = nextOffset;
  }

  /** Every bucket that had rows in a batch has them. */
  batchWritten(nextOffset: number): void {
    this.#written = Math.max(this.#written, nextOffset);
    this.#applied = Math.max(this.#applied, nextOffset);
  }

  /** Whether the store was found to have lost writes of this partition since it was resumed. */
  get isLost(): boolean {
    return this.#lost;
  }

  /** Notes the loss; nothing more is written of this partition until it is resumed. */
  lost(where: string): MillraceError {
    this.#lost = true;
    const { topic, partition } = this.of;
    return new MillraceError(
      'STORE_LOST_WRITES',
      `${where} of the online store has lost writes of ${topic}[${partition}] that it had acknowledged`,
      { details: { topic, partition } },
    );
  }
}
