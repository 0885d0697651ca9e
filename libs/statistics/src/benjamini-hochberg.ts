/**
 * p-values adjusted so that rejecting those at or below q keeps the expected share of false rejections at or
 * below q, over all tests that were made together:
 *
 *     adjusted(i) = min over j ≥ i of min(1, p(j) · m / j),  p(1) ≤ … ≤ p(m)
 *
 * Source: Benjamini & Hochberg 1995; equals `scipy.stats.false_discovery_control`.
 */
export function benjaminiHochberg(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((pValue, index) => ({ pValue, index })).sort((a, b) => b.pValue - a.pValue);
  const adjusted = new Array<number>(pValues.length).fill(1);
  let smallest = 1;
  for (const [position, { pValue, index }] of order.entries()) {
    const rank = pValues.length - position;
    smallest = Math.min(smallest, (pValue * pValues.length) / rank);
    adjusted[index] = smallest;
  }
  return adjusted;
}
