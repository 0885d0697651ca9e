import { share } from './histogram.ts';

/** What an empty bin counts as, as a share of the rows. */
export const ZERO_FILL = 1e-4;

/**
 * Population stability index of two histograms over the same bins:
 *
 *     PSI = Σ (cᵢ − rᵢ) · ln(cᵢ / rᵢ)
 *
 * with rᵢ and cᵢ the bin's share of the reference's and of the current rows. A share of 0 counts as `zeroFill`
 * (the shares are not scaled again); a bin that is empty on both sides adds nothing. It equals the symmetric
 * Kullback–Leibler divergence (Jeffreys). Usual reading: below 0.1 stable, above 0.2 shifted.
 *
 * Source: Siddiqi, "Credit Risk Scorecards", Wiley 2006, p. 137; the fill of 1e-4 is Evidently's.
 *
 * @returns null when a side has no rows.
 */
export function populationStabilityIndex(
  reference: readonly bigint[],
  current: readonly bigint[],
  zeroFill = ZERO_FILL,
): number | null {
  const referenceRows = sum(reference);
  const currentRows = sum(current);
  if (referenceRows === 0n || currentRows === 0n) return null;
  return reference.reduce((psi, count, bin) => {
    const r = share(count, referenceRows);
    const c = share(current[bin] ?? 0n, currentRows);
    if (r === 0 && c === 0) return psi;
    const filledR = r === 0 ? zeroFill : r;
    const filledC = c === 0 ? zeroFill : c;
    return psi + (filledC - filledR) * Math.log(filledC / filledR);
  }, 0);
}

function sum(counts: readonly bigint[]): bigint {
  return counts.reduce((total, count) => total + count, 0n);
}
