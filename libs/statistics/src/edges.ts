/** Whether the values are whole numbers (of up to 64 bits, as bigint text) or doubles. */
export type NumericKind = 'integer' | 'real';

/** The name of the last numeric bin's upper edge. */
export const UNBOUNDED = 'Infinity';

/**
 * The ranks of the values at which a reference is cut into `bins` parts: of `rows` sorted values, the one with
 * the rank `⌊j · rows / bins⌋`, counted from 0, for j = 1 … bins − 1. Order statistics, so every engine and
 * every order of arrival gives the same edges.
 */
export function quantileRanks(rows: bigint, bins: number): readonly bigint[] {
  return Array.from({ length: bins - 1 }, (_, index) => (BigInt(index + 1) * rows) / BigInt(bins));
}

/**
 * The upper edges (inclusive) of the bins of a numeric reference, made of its quantiles in rising order as text;
 * behind the last edge comes one more bin without a bound.
 *
 * Equal quantiles make one edge. A value that is a quantile twice is a point of mass with 1/bins of the rows or
 * more: it gets a bin to itself by a second edge right below it, so that leaving it downwards is seen as well.
 */
export function edgesOf(kind: NumericKind, quantiles: readonly string[]): readonly string[] {
  const edges: string[] = [];
  for (const [index, quantile] of quantiles.entries()) {
    if (quantile === edges.at(-1) || quantile === UNBOUNDED) continue;
    const below = justBelow(kind, quantile);
    if (quantile === quantiles[index + 1] && below !== undefined && below !== edges.at(-1)) edges.push(below);
    edges.push(quantile);
  }
  return edges;
}

const MIN_LONG = -(2n ** 63n);

function justBelow(kind: NumericKind, text: string): string | undefined {
  if (kind === 'integer') return BigInt(text) > MIN_LONG ? String(BigInt(text) - 1n) : undefined;
  const value = Number(text);
  return Number.isFinite(value) ? String(nextDown(value)) : undefined;
}

/**
 * The greatest double below a finite double.
 * Source: IEEE 754-2019, section 5.3.1 (nextDown).
 */
export function nextDown(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return view.getFloat64(0);
}

/**
 * Bin counts out of cumulative ones: `cumulative[i]` values lie at or below edge i, `values` is the number of
 * all values that are numbers. One entry more than edges: the bin without a bound.
 */
export function binCounts(cumulative: readonly bigint[], values: bigint): readonly bigint[] {
  return [...cumulative, values].map((upTo, index, all) => upTo - (all[index - 1] ?? 0n));
}
