/** The drift of one window, as the charts want it. */
export interface DriftPoint {
  readonly monitor: string;
  /** The feature view or the model. */
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly revision: number;
  readonly rows: number;
  readonly driftedShare: number;
  readonly features: readonly FeaturePoint[];
}

/** One feature in one window. */
export interface FeaturePoint {
  readonly name: string;
  /** Null without rows on a side. */
  readonly psi: number | null;
  readonly nullShare: number;
  readonly drifted: boolean;
}

/** The names of the features of some windows, the one that drifted most first. */
export function featuresByDrift(points: readonly DriftPoint[]): string[] {
  const largest = new Map<string, number>();
  for (const { features } of points) {
    for (const { name, psi } of features) largest.set(name, Math.max(largest.get(name) ?? 0, psi ?? 0));
  }
  return [...largest]
    .sort(([a, psiOfA], [b, psiOfB]) => psiOfB - psiOfA || a.localeCompare(b))
    .map(([name]) => name);
}
