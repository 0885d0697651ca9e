/** Latencies of a load, and its rate. */
export interface LoadResult {
  /** Calls a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly calls: number;
}

/** How to put load on something. */
export interface LoadOptions {
  /** Calls under way at once. */
  readonly clients: number;
  readonly seconds: number;
  /** Seconds before it counts. @default 1 */
  readonly warmUp?: number;
  call(index: number): Promise<unknown>;
}

/** Calls again and again, each client its next call when the last one is answered, and measures each. */
export async function closedLoop({ clients, seconds, warmUp = 1, call }: LoadOptions): Promise<LoadResult> {
  const latencies: number[] = [];
  const begin = performance.now() + warmUp * 1_000;
  const end = begin + seconds * 1_000;
  let index = 0;
  async function client(): Promise<void> {
    for (;;) {
      const started = performance.now();
      if (started >= end) return;
      await call(index++);
      const done = performance.now();
      if (started >= begin && done <= end) latencies.push(done - started);
    }
  }
  await Promise.all(Array.from({ length: clients }, client));
  return { rate: latencies.length / seconds, ...percentiles(latencies), calls: latencies.length };
}

/** Does a fixed amount of work with some workers, and measures each piece. */
export async function inParallel<T>(
  items: readonly T[],
  workers: number,
  work: (item: T) => Promise<unknown>,
): Promise<{ readonly seconds: number; readonly p50: number; readonly p99: number }> {
  const latencies: number[] = [];
  const queue = items.values();
  const started = performance.now();
  async function worker(): Promise<void> {
    for (const item of queue) {
      const begin = performance.now();
      await work(item);
      latencies.push(performance.now() - begin);
    }
  }
  await Promise.all(Array.from({ length: workers }, worker));
  return { seconds: (performance.now() - started) / 1_000, ...percentiles(latencies) };
}

/** The nearest-rank 50th and 99th percentiles. @throws RangeError when there is nothing to measure */
export function percentiles(latencies: readonly number[]): { readonly p50: number; readonly p99: number } {
  if (latencies.length === 0) throw new RangeError('nothing was measured');
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}
