import type { Micros } from './time.ts';

/** Where the current time comes from; passed in, so that tests and simulations choose it. */
export interface Clock {
  /** Now, in UTC microseconds. */
  now(): Micros;
}

/** The machine's clock, at its millisecond resolution. */
export const systemClock: Clock = { now: () => BigInt(Date.now()) * 1000n };
