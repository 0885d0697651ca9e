import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noProgress } from './progress.ts';
import { type PartitionState, watermarkOf } from './watermark.ts';

const partition = (eventTime: bigint | null, recordedAt: bigint, behind = 0n): PartitionState => ({
  progress: {
    nextOffset: 10n,
    minEventTime: eventTime,
    maxEventTime: eventTime,
    maxRecordedAt: recordedAt,
    waiting: [],
  },
  logEnd: 10n + behind,
});
const empty: PartitionState = { progress: noProgress, logEnd: 0n };
const notStarted: PartitionState = { progress: noProgress, logEnd: 5n };

describe('watermarkOf', () => {
  it('is the minimum over the partitions', () => {
    expect(watermarkOf([partition(50n, 100n), partition(40n, 100n)], 30n)).toBe(40n);
  });

  it('clamps event times from the future to the recording', () => {
    expect(watermarkOf([partition(500n, 100n)], 30n)).toBe(100n);
  });

  it('leaves out an idle partition that is applied to its end, and only then', () => {
    expect(watermarkOf([partition(50n, 100n), partition(5n, 60n)], 30n)).toBe(50n);
    expect(watermarkOf([partition(50n, 100n), partition(5n, 70n)], 30n)).toBe(5n);
    expect(watermarkOf([partition(50n, 100n), partition(5n, 60n, 1n)], 30n)).toBe(5n);
  });

  it('does not wait for a partition without records, but for one of which nothing is applied yet', () => {
    expect(watermarkOf([partition(50n, 100n), empty], 30n)).toBe(50n);
    expect(watermarkOf([partition(50n, 100n), notStarted], 30n)).toBeNull();
  });

  it('says nothing before the first event', () => {
    expect(watermarkOf([], 30n)).toBeNull();
    expect(watermarkOf([empty], 30n)).toBeNull();
    expect(watermarkOf([partition(null, 100n)], 30n)).toBeNull();
  });

  it('agrees with the definition, in any order of partitions', () => {
    const any = fc.oneof(
      fc.constant(empty),
      fc
        .tuple(fc.bigInt(0n, 99n), fc.bigInt(0n, 99n), fc.bigInt(0n, 1n))
        .map(([e, r, b]) => partition(e, r, b)),
    );
    fc.assert(
      fc.property(fc.array(any, { maxLength: 6 }), fc.bigInt(0n, 60n), (partitions, idleAfter) => {
        const started = partitions.filter((one) => one !== empty);
        const newest =
          started.map(({ progress }) => progress.maxRecordedAt ?? 0n).sort((a, b) => Number(b - a))[0] ?? 0n;
        const counting = started.filter(
          ({ progress, logEnd }) => logEnd > 10n || newest - (progress.maxRecordedAt ?? 0n) <= idleAfter,
        );
        const reached = counting.map(({ progress }) =>
          Math.min(Number(progress.maxEventTime), Number(progress.maxRecordedAt)),
        );
        const expected = reached.length === 0 ? null : BigInt(Math.min(...reached));
        expect(watermarkOf(partitions, idleAfter)).toBe(expected);
        expect(watermarkOf(partitions.toReversed(), idleAfter)).toBe(expected);
      }),
    );
  });
});
