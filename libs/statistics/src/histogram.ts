/**
 * The rows of one feature counted out, with nothing left over: each row is in one bin, or NULL. Integers, so
 * that neither the order of rows nor the way they were cut into batches can change them.
 */
export interface Histogram {
  readonly type: 'numeric' | 'categorical' | 'presence';
  /** numeric: upper edges, `Infinity`, and `NaN` for doubles. categorical: the categories. presence: `PRESENT`. */
  readonly bins: readonly string[];
  /** Rows in each bin, then NULL, then for categorical NEW: values that are none of the categories. */
  readonly counts: readonly bigint[];
}

/** All rows of a histogram. */
export function rowsOf(histogram: Histogram): bigint {
  return histogram.counts.reduce((sum, count) => sum + count, 0n);
}

/** The rows without a value. */
export function nullsOf(histogram: Histogram): bigint {
  return histogram.counts[histogram.bins.length] ?? 0n;
}

/** `part / whole`, and 0 of nothing. */
export function share(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number(part) / Number(whole);
}
