import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binCounts, edgesOf, nextDown, quantileRanks } from './edges.ts';

const quantilesOf = (values: readonly number[], bins: number) => {
  const sorted = values.toSorted((a, b) => a - b);
  return quantileRanks(BigInt(sorted.length), bins).map((rank) => String(sorted[Number(rank)]));
};

describe('edgesOf', () => {
  it('cuts distinct values at their quantiles', () => {
    const values = Array.from({ length: 100 }, (_, index) => index);
    expect(edgesOf('integer', quantilesOf(values, 4))).toEqual(['25', '50', '75']);
  });

  it('gives a point of mass a bin of its own', () => {
    expect(edgesOf('integer', ['7', '7', '7'])).toEqual(['6', '7']);
    expect(edgesOf('real', ['0', '0', '3'])).toEqual([String(-Number.MIN_VALUE), '0', '3']);
    expect(edgesOf('integer', ['6', '7', '7'])).toEqual(['6', '7']);
    const least = String(-(2n ** 63n));
    expect(edgesOf('integer', [least, least, '0'])).toEqual([least, '0']);
  });

  it('leaves what is infinite to the outermost bins', () => {
    expect(edgesOf('real', ['-Infinity', '-Infinity', '3', 'Infinity'])).toEqual(['-Infinity', '3']);
  });

  it('has no edge without values', () => {
    expect(edgesOf('real', [])).toEqual([]);
  });

  it('rises strictly, and no bin of the reference is far too full unless one value fills it', () => {
    const values = fc.array(
      fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -2, max: 2 })),
      { minLength: 20, maxLength: 200 },
    );
    fc.assert(
      fc.property(values, (reference) => {
        const edges = edgesOf('real', quantilesOf(reference, 10)).map(Number);
        expect(edges.every((edge, index) => index === 0 || edge > (edges[index - 1] ?? edge))).toBe(true);
        const bounds = [Number.NEGATIVE_INFINITY, ...edges, Number.POSITIVE_INFINITY];
        for (const [index, upper] of bounds.slice(1).entries()) {
          const inside = reference.filter((value) => value > (bounds[index] ?? 0) && value <= upper);
          const oneValue = new Set(inside.map((value) => value + 0)).size <= 1;
          expect(oneValue || inside.length <= 2 * Math.ceil(reference.length / 10) + 1).toBe(true);
        }
      }),
    );
  });
});

describe('binCounts', () => {
  it('agrees with putting each value into its bin', () => {
    const edges = fc
      .uniqueArray(fc.integer({ min: -20, max: 20 }), { maxLength: 8 })
      .map((all) => all.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(edges, fc.array(fc.integer({ min: -30, max: 30 })), (upper, values) => {
        const cumulative = upper.map((edge) => BigInt(values.filter((value) => value <= edge).length));
        const expected = new Array<bigint>(upper.length + 1).fill(0n);
        for (const value of values) {
          const bin = upper.findIndex((edge) => value <= edge);
          const index = bin === -1 ? upper.length : bin;
          expected[index] = (expected[index] ?? 0n) + 1n;
        }
        expect(binCounts(cumulative, BigInt(values.length))).toEqual(expected);
      }),
    );
  });
});

describe('nextDown', () => {
  it('is the greatest double below', () => {
    expect(nextDown(1)).toBe(1 - Number.EPSILON / 2);
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300 }), (value) => {
        const below = nextDown(value);
        expect(below).toBeLessThan(value);
        const middle = below + (value - below) / 2;
        expect(middle === below || middle === value).toBe(true);
      }),
    );
  });
});
