export { benjaminiHochberg } from './benjamini-hochberg.ts';
export { type ChiSquare, chiSquareHomogeneity, chiSquareSurvival } from './chi-square.ts';
export {
  decideDrift,
  driftedShare,
  type DriftThresholds,
  type FeatureHistograms,
  type FeatureResult,
  type TestResult,
} from './drift.ts';
export { binCounts, edgesOf, type NumericKind, quantileRanks, UNBOUNDED } from './edges.ts';
export { type Histogram, nullsOf, rowsOf, share } from './histogram.ts';
export { type AppliedRange, applyRanges, noProgress, type PartitionProgress } from './progress.ts';
export { populationStabilityIndex, ZERO_FILL } from './psi.ts';
export { type PartitionState, watermarkOf } from './watermark.ts';
export { closedThrough, overlaps, type Window, windowContaining, windowsCovering } from './window.ts';
