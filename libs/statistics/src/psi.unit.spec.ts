import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { populationStabilityIndex } from './psi.ts';

const counts = (bins: number) => fc.array(fc.bigInt(1n, 1000n), { minLength: bins, maxLength: bins });

describe('populationStabilityIndex', () => {
  it('has known values', () => {
    // (0.6 − 0.5) ln(0.6 / 0.5) + (0.4 − 0.5) ln(0.4 / 0.5)
    expect(populationStabilityIndex([50n, 50n], [60n, 40n])).toBeCloseTo(0.04054651081081644, 15);
    // The empty bin counts as 1e-4: (0.1 − 1e-4) ln(1000) + (0.9 − 1) ln 0.9
    expect(populationStabilityIndex([100n, 0n], [90n, 10n])).toBeCloseTo(0.7006208, 6);
  });

  it('is null when a side has no rows, and ignores bins without rows', () => {
    expect(populationStabilityIndex([0n, 0n], [1n, 2n])).toBeNull();
    expect(populationStabilityIndex([1n, 2n], [0n, 0n])).toBeNull();
    expect(populationStabilityIndex([1n, 0n, 2n], [2n, 0n, 1n])).toBe(
      populationStabilityIndex([1n, 2n], [2n, 1n]),
    );
  });

  it('is 0 for equal shares, never negative, and symmetric', () => {
    fc.assert(
      fc.property(counts(6), counts(6), fc.bigInt(1n, 9n), (reference, current, times) => {
        expect(
          populationStabilityIndex(
            reference,
            reference.map((count) => count * times),
          ),
        ).toBeCloseTo(0, 12);
        const psi = populationStabilityIndex(reference, current) ?? Number.NaN;
        expect(psi).toBeGreaterThanOrEqual(0);
        expect(populationStabilityIndex(current, reference)).toBeCloseTo(psi, 12);
      }),
    );
  });

  it('is the sum of both Kullback–Leibler divergences', () => {
    fc.assert(
      fc.property(counts(4), counts(4), (reference, current) => {
        const shares = (all: readonly bigint[]) =>
          all.map((count) => Number(count) / Number(all.reduce((a, b) => a + b)));
        const divergence = (p: readonly number[], q: readonly number[]) =>
          p.reduce((sum, share, bin) => sum + share * Math.log(share / (q[bin] ?? Number.NaN)), 0);
        const r = shares(reference);
        const c = shares(current);
        expect(populationStabilityIndex(reference, current)).toBeCloseTo(
          divergence(r, c) + divergence(c, r),
          12,
        );
      }),
    );
  });
});
