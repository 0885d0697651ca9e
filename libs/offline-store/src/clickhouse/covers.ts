import type { Micros } from '@millrace/kernel';
import type { AppliedRange } from './applied-ranges.ts';

/** A range that stands in the table. */
export interface StoredRange extends AppliedRange {
  /** When it was stored, by the server's clock. */
  readonly appliedAt: Micros;
}

/** One range that says what several say together, without a hole between them. */
export interface Cover extends StoredRange {
  /** How many ranges it stands for. */
  readonly ranges: number;
}

/**
 * The covers of ranges that can be folded: one for each stretch of a partition that several of them reach over without
 * a hole. A cover was stored when the last of its ranges was.
 *
 * Times and counts are those of the ranges that don't lie inside another one, which are the ones that readers go by.
 */
export function coversOf(ranges: readonly StoredRange[]): readonly Cover[] {
  const sorted = ranges.toSorted(
    (a, b) =>
      comparePartitions(a, b) ||
      compare(a.firstOffset, b.firstOffset) ||
      // The longest first, so that what lies inside it comes after it.
      compare(b.lastOffset, a.lastOffset),
  );
  const covers: Cover[] = [];
  for (const range of sorted) {
    const before = covers.at(-1);
    const continues =
      before !== undefined &&
      comparePartitions(before, range) === 0 &&
      range.firstOffset <= before.lastOffset + 1n;
    if (continues) covers[covers.length - 1] = joined(before, range);
    else covers.push({ ...range, ranges: 1 });
  }
  return covers.filter((cover) => cover.ranges > 1);
}

/**
 * Whether a range may go once a cover is stored: all that it says is said by the cover too. No cover is covered by
 * itself, and of two that are equal none covers the other, so of everything that was ever said something stays that
 * says it, whoever folds at the same time and whatever a crash leaves undone.
 */
export function isCovered(range: StoredRange, cover: StoredRange): boolean {
  return (
    comparePartitions(range, cover) === 0 &&
    range.firstOffset >= cover.firstOffset &&
    range.lastOffset <= cover.lastOffset &&
    (range.firstOffset > cover.firstOffset || range.lastOffset < cover.lastOffset) &&
    range.appliedAt <= cover.appliedAt
  );
}

function joined(cover: Cover, range: StoredRange): Cover {
  const ranges = cover.ranges + 1;
  const appliedAt = range.appliedAt > cover.appliedAt ? range.appliedAt : cover.appliedAt;
  if (range.lastOffset <= cover.lastOffset) return { ...cover, appliedAt, ranges };
  return {
    ...cover,
    lastOffset: range.lastOffset,
    rows: cover.rows + range.rows,
    deadLetters: cover.deadLetters + range.deadLetters,
    minEventTime: extreme(cover.minEventTime, range.minEventTime, (a, b) => a < b),
    maxEventTime: extreme(cover.maxEventTime, range.maxEventTime, (a, b) => a > b),
    maxRecordedAt: extreme(cover.maxRecordedAt, range.maxRecordedAt, (a, b) => a > b),
    appliedAt,
    ranges,
  };
}

function extreme(a: Micros | null, b: Micros | null, wins: (a: Micros, b: Micros) => boolean): Micros | null {
  if (a === null || b === null) return a ?? b;
  return wins(a, b) ? a : b;
}

function comparePartitions(a: AppliedRange, b: AppliedRange): number {
  return (
    (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0) ||
    a.generation - b.generation ||
    a.epoch - b.epoch ||
    a.partition - b.partition
  );
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
