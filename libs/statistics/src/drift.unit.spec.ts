import { describe, expect, it } from 'vitest';
import { decideDrift, driftedShare, type FeatureHistograms } from './drift.ts';
import type { Histogram } from './histogram.ts';

const thresholds = { psi: 0.2, nullShare: 0.05, falseDiscoveryRate: 0.01 };
const numeric = (...counts: bigint[]): Histogram => ({
  type: 'numeric',
  bins: ['1', '2', 'Infinity'],
  counts,
});
const feature = (reference: Histogram, current: Histogram): FeatureHistograms => ({
  name: 'mean_delay',
  reference,
  current,
});
const decide = (reference: Histogram, current: Histogram) =>
  decideDrift([feature(reference, current)], thresholds)[0];
const fired = (reference: Histogram, current: Histogram) =>
  decide(reference, current)
    ?.tests.filter((test) => test.drifted)
    .map((test) => test.name);

describe('decideDrift', () => {
  it('fires on a large shift with evidence', () => {
    const result = decide(numeric(400n, 300n, 300n, 0n), numeric(10n, 30n, 60n, 0n));
    expect(result).toMatchObject({
      drifted: true,
      rows: 100n,
      nulls: 0n,
      nullShare: 0,
      referenceNullShare: 0,
    });
    expect(result?.tests).toMatchObject([
      { name: 'psi', threshold: 0.2, drifted: true, statistic: result?.psi },
      { name: 'null-share', threshold: 0.05, drifted: false },
    ]);
  });

  it('does not fire on a trifle, however certain', () => {
    expect(
      fired(numeric(4_000_000n, 3_000_000n, 3_000_000n, 0n), numeric(4_100_000n, 2_950_000n, 2_950_000n, 0n)),
    ).toEqual([]);
  });

  it('does not fire on a large effect in a handful of rows', () => {
    expect(fired(numeric(400n, 300n, 300n, 0n), numeric(1n, 2n, 0n, 0n))).toEqual([]);
  });

  it('sees a jump of nulls that leaves the values as they were', () => {
    expect(fired(numeric(400n, 300n, 300n, 0n), numeric(36n, 27n, 27n, 10n))).toContain('null-share');
  });

  it('sees values that the reference never had', () => {
    const known = ['AA', 'UA'];
    const reference: Histogram = { type: 'categorical', bins: known, counts: [500n, 500n, 0n, 0n] };
    expect(fired(reference, { type: 'categorical', bins: known, counts: [300n, 300n, 0n, 400n] })).toEqual([
      'psi',
    ]);
  });

  it('judges arrays by their nulls alone', () => {
    const reference: Histogram = { type: 'presence', bins: ['PRESENT'], counts: [1000n, 0n] };
    const result = decide(reference, { type: 'presence', bins: ['PRESENT'], counts: [50n, 50n] });
    expect(result).toMatchObject({ psi: null, drifted: true, nullShare: 0.5 });
    expect(result?.tests.map((test) => test.name)).toEqual(['null-share']);
  });

  it('has no drift and no statistic without rows on a side', () => {
    expect(decide(numeric(0n, 0n, 0n, 0n), numeric(1n, 2n, 3n, 0n))).toMatchObject({
      psi: null,
      drifted: false,
    });
    expect(decide(numeric(1n, 2n, 3n, 0n), numeric(0n, 0n, 0n, 0n))).toMatchObject({
      psi: null,
      drifted: false,
    });
  });

  it('asks for more evidence the more tests are made', () => {
    const borderline = feature(numeric(400n, 300n, 300n, 0n), numeric(8n, 13n, 9n, 0n));
    const steady = feature(numeric(400n, 300n, 300n, 0n), numeric(40n, 30n, 30n, 0n));
    const loose = { ...thresholds, psi: 0.05 };
    const pValue = decideDrift([borderline], loose)[0]?.tests[0]?.pValue ?? 1;
    const justEnough = { ...loose, falseDiscoveryRate: pValue * 2 };
    expect(decideDrift([borderline], justEnough)[0]?.drifted).toBe(true);
    expect(decideDrift([borderline, steady, steady], justEnough)[0]?.drifted).toBe(false);
  });
});

describe('driftedShare', () => {
  it('is drifted features over features', () => {
    expect(driftedShare([{ drifted: true }, { drifted: false }, { drifted: false }, { drifted: true }])).toBe(
      0.5,
    );
    expect(driftedShare([])).toBe(0);
  });
});
