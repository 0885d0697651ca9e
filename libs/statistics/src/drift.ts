import { benjaminiHochberg } from './benjamini-hochberg.ts';
import { chiSquareHomogeneity } from './chi-square.ts';
import { type Histogram, nullsOf, rowsOf, share } from './histogram.ts';
import { populationStabilityIndex } from './psi.ts';

/** What makes a drift. Each test asks for evidence and for an effect that matters; one without the other is none. */
export interface DriftThresholds {
  /** The effect that matters to the PSI test. */
  readonly psi: number;
  /** The effect that matters to the null-share test: the absolute change of the share. */
  readonly nullShare: number;
  /** The evidence: the largest false discovery rate over all tests of one window. */
  readonly falseDiscoveryRate: number;
}

/** A feature in the reference and in a window, counted over the same bins. */
export interface FeatureHistograms {
  readonly name: string;
  readonly reference: Histogram;
  readonly current: Histogram;
}

/** One test of one feature. */
export interface TestResult {
  readonly name: 'psi' | 'null-share';
  /** The size of the effect, null when a side has no rows. */
  readonly statistic: number | null;
  /** Of that test alone, before it is adjusted for the others. */
  readonly pValue: number | null;
  /** What the effect is held against. */
  readonly threshold: number;
  readonly drifted: boolean;
}

/** What was found about one feature. */
export interface FeatureResult {
  readonly name: string;
  readonly type: Histogram['type'];
  readonly rows: bigint;
  readonly nulls: bigint;
  readonly nullShare: number;
  readonly referenceNullShare: number;
  readonly bins: readonly string[];
  readonly counts: readonly bigint[];
  readonly referenceCounts: readonly bigint[];
  readonly psi: number | null;
  readonly drifted: boolean;
  readonly tests: readonly TestResult[];
}

type Measured = Omit<TestResult, 'drifted'>;

/**
 * Decides for every feature of a window whether it drifted. A test fires when its effect reaches the threshold
 * *and* its p-value, adjusted over all tests of the window by Benjamini and Hochberg, is at or below the false
 * discovery rate. Large windows do not fire on trifles, small ones not on noise.
 *
 * - `psi`: effect {@link populationStabilityIndex}, evidence {@link chiSquareHomogeneity} over the same bins,
 *   NULL and NEW among them.
 * - `null-share`: effect |null share − reference null share|, evidence the same test on NULL against not NULL
 *   (the two-sided z-test of two proportions, pooled: χ² = z²).
 */
export function decideDrift(
  features: readonly FeatureHistograms[],
  thresholds: DriftThresholds,
): readonly FeatureResult[] {
  const measured = features.map((feature) => measure(feature, thresholds));
  const adjusted = benjaminiHochberg(measured.flatMap((tests) => tests.map(({ pValue }) => pValue ?? 1)));
  let next = 0;
  return features.map((feature, index) => {
    const tests = (measured[index] ?? []).map((test): TestResult => {
      const evidence = (adjusted[next++] ?? 1) <= thresholds.falseDiscoveryRate;
      return { ...test, drifted: evidence && test.statistic !== null && test.statistic >= test.threshold };
    });
    return describe(feature, tests);
  });
}

function measure(
  { reference, current }: FeatureHistograms,
  thresholds: DriftThresholds,
): readonly Measured[] {
  const nullShare: Measured = {
    name: 'null-share',
    statistic:
      rowsOf(reference) === 0n || rowsOf(current) === 0n
        ? null
        : Math.abs(nullShareOf(current) - nullShareOf(reference)),
    pValue: chiSquareHomogeneity(nullTable(reference), nullTable(current))?.pValue ?? null,
    threshold: thresholds.nullShare,
  };
  if (reference.type === 'presence') return [nullShare];
  const psi: Measured = {
    name: 'psi',
    statistic: populationStabilityIndex(reference.counts, current.counts),
    pValue: chiSquareHomogeneity(reference.counts, current.counts)?.pValue ?? null,
    threshold: thresholds.psi,
  };
  return [psi, nullShare];
}

function describe(
  { name, reference, current }: FeatureHistograms,
  tests: readonly TestResult[],
): FeatureResult {
  return {
    name,
    type: reference.type,
    rows: rowsOf(current),
    nulls: nullsOf(current),
    nullShare: nullShareOf(current),
    referenceNullShare: nullShareOf(reference),
    bins: reference.bins,
    counts: current.counts,
    referenceCounts: reference.counts,
    psi: tests.find((test) => test.name === 'psi')?.statistic ?? null,
    drifted: tests.some((test) => test.drifted),
    tests,
  };
}

function nullShareOf(histogram: Histogram): number {
  return share(nullsOf(histogram), rowsOf(histogram));
}

function nullTable(histogram: Histogram): readonly bigint[] {
  const nulls = nullsOf(histogram);
  return [nulls, rowsOf(histogram) - nulls];
}

/** Drifted features / features; 0 without features. */
export function driftedShare(features: readonly { readonly drifted: boolean }[]): number {
  return features.length === 0 ? 0 : features.filter((feature) => feature.drifted).length / features.length;
}
