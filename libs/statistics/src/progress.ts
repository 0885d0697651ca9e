import type { Micros } from '@millrace/kernel';

/** A range of offsets of one topic-partition that a store has applied. */
export interface AppliedRange {
  readonly firstOffset: bigint;
  /** Inclusive. */
  readonly lastOffset: bigint;
  /** Smallest and greatest event time in it; null when no record of it had one (all dead letters). */
  readonly minEventTime: Micros | null;
  readonly maxEventTime: Micros | null;
  /** Null when the store does not say. */
  readonly maxRecordedAt: Micros | null;
}

/** What a store has applied of one topic-partition, from offset 0 without a hole. */
export interface PartitionProgress {
  /** The first offset that is not applied. */
  readonly nextOffset: bigint;
  readonly minEventTime: Micros | null;
  readonly maxEventTime: Micros | null;
  readonly maxRecordedAt: Micros | null;
  /** Ranges behind a hole; they count once the hole is filled. */
  readonly waiting: readonly AppliedRange[];
}

/** Of a partition of which nothing is applied. */
export const noProgress: PartitionProgress = {
  nextOffset: 0n,
  minEventTime: null,
  maxEventTime: null,
  maxRecordedAt: null,
  waiting: [],
};

/**
 * Takes in ranges, in any order, twice or overlapping. Once every hole is filled, the result depends on the
 * records alone, not on how they were cut into ranges: maxima and minima of the gapless prefix, nothing else.
 */
export function applyRanges(progress: PartitionProgress, ranges: readonly AppliedRange[]): PartitionProgress {
  const pending = [...progress.waiting, ...ranges].sort((a, b) => compare(a.firstOffset, b.firstOffset));
  let { nextOffset, minEventTime, maxEventTime, maxRecordedAt } = progress;
  const waiting: AppliedRange[] = [];
  for (const range of pending) {
    if (range.lastOffset < nextOffset) continue;
    if (range.firstOffset > nextOffset) {
      waiting.push(range);
      continue;
    }
    nextOffset = range.lastOffset + 1n;
    minEventTime = least(minEventTime, range.minEventTime);
    maxEventTime = greatest(maxEventTime, range.maxEventTime);
    maxRecordedAt = greatest(maxRecordedAt, range.maxRecordedAt);
  }
  return { nextOffset, minEventTime, maxEventTime, maxRecordedAt, waiting };
}

/** The greater of two times, of which one may be missing. */
export function greatest(a: Micros | null, b: Micros | null): Micros | null {
  return a === null ? b : b === null || a > b ? a : b;
}

/** The lesser of two times, of which one may be missing. */
export function least(a: Micros | null, b: Micros | null): Micros | null {
  return a === null ? b : b === null || a < b ? a : b;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
