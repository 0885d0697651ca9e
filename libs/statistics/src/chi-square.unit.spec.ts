import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquareHomogeneity, chiSquareSurvival, logGamma } from './chi-square.ts';

const relativeError = (actual: number, expected: number) => Math.abs(actual - expected) / Math.abs(expected);

describe('chiSquareSurvival', () => {
  // scipy 1.17.1: stats.chi2.sf(x, k)
  it.each([
    [3.841458820694124, 1, 0.04999999999999989],
    [0.5, 1, 0.47950012218695337],
    [30, 1, 4.3204630578274955e-8],
    [18.307038053275146, 10, 0.05000000000000005],
    [5, 9, 0.8343082601934075],
    [60, 9, 1.3406780483959625e-9],
    [250, 199, 0.008230113044724758],
    [150, 199, 0.996077197317625],
    [1000, 999, 0.48513148927490146],
    [300, 11, 8.760297496858875e-58],
  ])('of %f with %i degrees of freedom is what scipy says', (x, k, expected) => {
    expect(relativeError(chiSquareSurvival(x, k), expected)).toBeLessThan(1e-10);
  });

  it('equals the finite sum for even degrees of freedom', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 200, noNaN: true }),
        fc.integer({ min: 1, max: 30 }),
        (x, half) => {
          let term = 1;
          let sum = 1;
          for (let k = 1; k < half; k++) {
            term *= x / 2 / k;
            sum += term;
          }
          expect(relativeError(chiSquareSurvival(x, 2 * half), Math.exp(-x / 2) * sum)).toBeLessThan(1e-9);
        },
      ),
    );
  });
});

describe('chiSquareHomogeneity', () => {
  it('is what scipy says', () => {
    // stats.chi2_contingency([r, c], correction=False)
    const result = chiSquareHomogeneity([100n, 200n, 300n, 400n, 0n], [10n, 25n, 20n, 44n, 1n]);
    expect(result?.statistic).toBeCloseTo(14.596471471471467, 12);
    expect(result?.pValue).toBeCloseTo(0.0056156788120131605, 12);
    expect(result?.degreesOfFreedom).toBe(4);
  });

  it('leaves out bins without rows, and has no answer without a side', () => {
    expect(chiSquareHomogeneity([5n, 0n, 5n], [1n, 0n, 9n])).toEqual(
      chiSquareHomogeneity([5n, 5n], [1n, 9n]),
    );
    expect(chiSquareHomogeneity([0n], [3n])).toBeNull();
    expect(chiSquareHomogeneity([7n], [3n])).toEqual({ statistic: 0, degreesOfFreedom: 0, pValue: 1 });
  });

  it('equals the squared z of two pooled proportions for two bins', () => {
    const count = fc.bigInt(1n, 500n);
    fc.assert(
      fc.property(count, count, count, count, (a, b, c, d) => {
        const [n, m] = [Number(a + b), Number(c + d)];
        const pooled = Number(a + c) / (n + m);
        const z = (Number(a) / n - Number(c) / m) / Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
        expect(chiSquareHomogeneity([a, b], [c, d])?.statistic).toBeCloseTo(z ** 2, 8);
      }),
    );
  });
});

describe('logGamma', () => {
  it('is the logarithm of factorials', () => {
    expect(logGamma(5)).toBeCloseTo(Math.log(24), 13);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 13);
  });
});
