import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { benjaminiHochberg } from './benjamini-hochberg.ts';

describe('benjaminiHochberg', () => {
  it('is what scipy says', () => {
    // stats.false_discovery_control
    const adjusted = benjaminiHochberg([0.01, 0.04, 0.03, 0.005, 0.9, 0.04]);
    for (const [index, expected] of [0.03, 0.048, 0.048, 0.03, 0.9, 0.048].entries()) {
      expect(adjusted[index]).toBeCloseTo(expected, 15);
    }
  });

  it('rejects what the step-up procedure rejects', () => {
    const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(pValues, fc.double({ min: 0.001, max: 0.5, noNaN: true }), (all, q) => {
        const sorted = all.toSorted((a, b) => a - b);
        const last = sorted.findLastIndex((p, index) => (p * all.length) / (index + 1) <= q);
        const bound = last === -1 ? -1 : (sorted[last] ?? -1);
        expect(benjaminiHochberg(all).map((adjusted) => adjusted <= q)).toEqual(all.map((p) => p <= bound));
      }),
    );
  });
});
