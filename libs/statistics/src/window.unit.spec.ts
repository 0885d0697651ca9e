import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closedThrough, overlaps, windowContaining, windowsCovering } from './window.ts';

const time = fc.bigInt({ min: -1_000n, max: 1_000n });
const size = fc.bigInt({ min: 1n, max: 50n });

describe('windowContaining', () => {
  it('is aligned to the epoch, before it too', () => {
    expect(windowContaining(25n, 10n)).toEqual({ start: 20n, end: 30n });
    expect(windowContaining(30n, 10n)).toEqual({ start: 30n, end: 40n });
    expect(windowContaining(-1n, 10n)).toEqual({ start: -10n, end: 0n });
  });

  it('puts every instant into exactly one window', () => {
    fc.assert(
      fc.property(time, size, (at, of) => {
        const holding = windowsCovering(-1_100n, 1_100n, of).filter(
          ({ start, end }) => start <= at && at < end,
        );
        expect(holding).toEqual([windowContaining(at, of)]);
      }),
    );
  });
});

describe('windowsCovering', () => {
  it('gives the windows that a walk over every instant meets', () => {
    fc.assert(
      fc.property(time, fc.bigInt({ min: 0n, max: 300n }), size, (from, length, of) => {
        const met = new Map<bigint, bigint>();
        for (let at = from; at < from + length; at++)
          met.set(windowContaining(at, of).start, windowContaining(at, of).end);
        expect(windowsCovering(from, from + length, of)).toEqual(
          [...met].map(([start, end]) => ({ start, end })),
        );
      }),
    );
  });
});

describe('closedThrough', () => {
  it('is the last window end that the watermark has passed by the lateness', () => {
    fc.assert(
      fc.property(time, size, fc.bigInt({ min: 0n, max: 100n }), (watermark, of, lateness) => {
        const closed = windowsCovering(-1_200n, 1_100n, of).filter(({ end }) => end + lateness <= watermark);
        expect(closedThrough(watermark, of, lateness)).toBe(closed.at(-1)?.end);
      }),
    );
  });
});

describe('overlaps', () => {
  it('is the sharing of an instant', () => {
    expect(overlaps({ start: 0n, end: 10n }, { start: 10n, end: 20n })).toBe(false);
    expect(overlaps({ start: 0n, end: 11n }, { start: 10n, end: 20n })).toBe(true);
  });
});
