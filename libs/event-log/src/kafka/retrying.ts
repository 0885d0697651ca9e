import { MillraceError, pause, systemTimers, type Timers } from '@millrace/kernel';

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;

/** Nobody wants the outcome any more. */
export class Abandoned extends Error {}

/** Tries until it succeeds, the error cannot pass, or nobody wants it any more (then throws Abandoned). */
export async function retrying<T>(
  attempt: () => Promise<T>,
  abandoned: () => boolean,
  timers: Timers = systemTimers,
): Promise<T> {
  for (let delay = FIRST_RETRY_MS; ; delay = Math.min(delay * 2, LONGEST_RETRY_MS)) {
    if (abandoned()) throw new Abandoned();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof MillraceError) || !error.retry) throw error;
      await pause(timers, delay);
    }
  }
}
