import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AppliedRange, applyRanges, noProgress } from './progress.ts';

interface Row {
  readonly eventTime: bigint | null;
  readonly recordedAt: bigint;
}

const log = fc.array(
  fc.record({
    eventTime: fc.option(fc.bigInt({ min: -50n, max: 50n })),
    recordedAt: fc.bigInt({ min: 0n, max: 50n }),
  }),
  { minLength: 1, maxLength: 30 },
);

function rangeOf(rows: readonly Row[], first: number, last: number): AppliedRange {
  const part = rows.slice(first, last + 1);
  const times = part
    .flatMap(({ eventTime }) => (eventTime === null ? [] : [eventTime]))
    .sort((a, b) => Number(a - b));
  const recorded = part.map(({ recordedAt }) => recordedAt).sort((a, b) => Number(a - b));
  return {
    firstOffset: BigInt(first),
    lastOffset: BigInt(last),
    minEventTime: times[0] ?? null,
    maxEventTime: times.at(-1) ?? null,
    maxRecordedAt: recorded.at(-1) ?? 0n,
  };
}

/** Any cut of a log into ranges, some of them twice or overlapping, in any order. */
const cutLog = log.chain((rows) =>
  fc
    .tuple(
      fc.subarray(rows.map((_, index) => index).slice(1)),
      fc.array(fc.tuple(fc.nat(rows.length - 1), fc.nat(rows.length - 1)), { maxLength: 4 }),
    )
    .chain(([cuts, extra]) => {
      const starts = [0, ...cuts];
      const whole = starts.map((start, index) =>
        rangeOf(rows, start, (starts[index + 1] ?? rows.length) - 1),
      );
      const more = extra.map(([a, b]) => rangeOf(rows, Math.min(a, b), Math.max(a, b)));
      const all = [...whole, ...more];
      return fc.tuple(
        fc.constant(rows),
        fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
      );
    }),
);

describe('applyRanges', () => {
  it('depends on the records alone, not on cut, order, repetition or the calls it came in', () => {
    fc.assert(
      fc.property(cutLog, fc.nat(10), ([rows, ranges], split) => {
        const all = rangeOf(rows, 0, rows.length - 1);
        const progress = applyRanges(applyRanges(noProgress, ranges.slice(0, split)), ranges.slice(split));
        expect(progress).toEqual({
          nextOffset: BigInt(rows.length),
          minEventTime: all.minEventTime,
          maxEventTime: all.maxEventTime,
          maxRecordedAt: all.maxRecordedAt,
          waiting: [],
        });
      }),
    );
  });

  it('stops at a hole and goes on when it is filled', () => {
    const rows = [10n, 20n, 30n].map((eventTime) => ({ eventTime, recordedAt: eventTime }));
    const holed = applyRanges(noProgress, [rangeOf(rows, 0, 0), rangeOf(rows, 2, 2)]);
    expect(holed).toMatchObject({ nextOffset: 1n, maxEventTime: 10n });
    expect(applyRanges(holed, [rangeOf(rows, 1, 1)])).toMatchObject({
      nextOffset: 3n,
      maxEventTime: 30n,
      waiting: [],
    });
  });
});
