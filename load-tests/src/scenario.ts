import type { Bench } from './bench.ts';

/** What a scenario measured. */
export interface Measurement {
  /** Operations a second: rows, requests, labels or events. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** The raw limit that the same run measured. */
  readonly limit: { readonly name: string; readonly rate: number };
  /** What else a reader wants to know, such as sizes. */
  readonly details: Readonly<Record<string, string | number>>;
}

/** A load on the running platform, and the raw limit that it is held against. */
export interface Scenario {
  readonly name: string;
  run(bench: Bench): Promise<Measurement>;
}

/** The last line of a scenario, as scripts read it. */
export function resultLine(name: string, { rate, p50, p99, limit }: Measurement): string {
  const figures = [`rate=${Math.round(rate)}/s`, `p50=${p50.toFixed(2)}`, `p99=${p99.toFixed(2)}`];
  return `scenario=${name} ${figures.join(' ')} limit=${limit.name} ratio=${(rate / limit.rate).toFixed(3)}`;
}
