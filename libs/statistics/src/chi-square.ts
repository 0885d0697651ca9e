/** A test statistic with what is needed to judge it. */
export interface ChiSquare {
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  /** The chance of a statistic this large or larger when both sides have one distribution. */
  readonly pValue: number;
}

/**
 * Pearson's chi-square test of homogeneity of two histograms over the same bins, as a 2 × k table:
 *
 *     χ² = Σ over both sides and bins of (observed − expected)² / expected,  expected = side total · bin total / all
 *
 * with (bins that have rows on any side) − 1 degrees of freedom and no continuity correction. Unlike a test of
 * fit it does not take the reference for exact.
 *
 * Source: Agresti, "Categorical Data Analysis", 3rd ed., section 3.2; equals `scipy.stats.chi2_contingency(correction=False)`.
 *
 * @returns null when a side has no rows.
 */
export function chiSquareHomogeneity(
  reference: readonly bigint[],
  current: readonly bigint[],
): ChiSquare | null {
  const n = total(reference);
  const m = total(current);
  if (n === 0 || m === 0) return null;
  let statistic = 0;
  let bins = 0;
  for (const [bin, count] of reference.entries()) {
    const r = Number(count);
    const c = Number(current[bin] ?? 0n);
    if (r + c === 0) continue;
    bins++;
    const expectedR = (n * (r + c)) / (n + m);
    const expectedC = (m * (r + c)) / (n + m);
    statistic += (r - expectedR) ** 2 / expectedR + (c - expectedC) ** 2 / expectedC;
  }
  const degreesOfFreedom = bins - 1;
  return { statistic, degreesOfFreedom, pValue: chiSquareSurvival(statistic, degreesOfFreedom) };
}

function total(counts: readonly bigint[]): number {
  return Number(counts.reduce((sum, count) => sum + count, 0n));
}

/**
 * The chance that a chi-square variable exceeds `statistic`: the regularised upper incomplete gamma function
 * Q(k/2, x/2). Relative error below 1e-10 for up to some thousands of degrees of freedom.
 *
 * Source: DLMF 8.11.4 (series of P for x < a + 1), 8.9.2 (continued fraction of Q otherwise, by Lentz's method).
 */
export function chiSquareSurvival(statistic: number, degreesOfFreedom: number): number {
  if (statistic <= 0 || degreesOfFreedom <= 0) return 1;
  const a = degreesOfFreedom / 2;
  const x = statistic / 2;
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  return x < a + 1 ? 1 - scale * lowerSeries(a, x) : scale * upperFraction(a, x);
}

const MAX_TERMS = 100_000;

function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < MAX_TERMS && term > sum * 1e-17; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / Number.MIN_VALUE ** 0.5;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < MAX_TERMS; n++) {
    const numerator = -n * (n - a);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    const step = c * d;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return fraction;
}

const LANCZOS_FIRST = 0.99999999999980993;
const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln Γ(z) for z ≥ 0.5. Source: Lanczos 1964, g = 7 with 9 terms (Godfrey's coefficients). */
export function logGamma(z: number): number {
  const series = LANCZOS.reduce((sum, coefficient, index) => sum + coefficient / (z + index), LANCZOS_FIRST);
  const t = z + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (z - 0.5) * Math.log(t) - t + Math.log(series);
}
