import { describeError, MillraceError } from './errors.ts';
import { pause, systemTimers, type Timers } from './timers.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Nobody wants the outcome any more. Its cause is what failed last. */
export class Abandoned extends Error {
  override readonly name = 'Abandoned';

  constructor(cause?: unknown) {
    super(cause === undefined ? 'given up' : `given up: ${describeError(cause)}`, { cause });
  }
}

/** How to try. */
export interface RetryingOptions {
  /** Whether nobody wants the outcome any more; asked before each try. @default never */
  readonly abandoned?: () => boolean;
  /** Told of each failure that is tried again. */
  readonly onRetry?: (error: MillraceError) => void;
  /** @default the machine's */
  readonly timers?: Timers;
}

/**
 * Tries until it succeeds or fails with an error that cannot pass (anything but a MillraceError with `retry`), with
 * pauses from 100 ms to 5 s in between.
 *
 * @param attempt is told how often it was tried before.
 * @throws Abandoned; whatever cannot pass
 */
export async function retrying<T>(
  attempt: (triedBefore: number) => Promise<T>,
  { abandoned = () => false, onRetry = () => undefined, timers = systemTimers }: RetryingOptions = {},
): Promise<T> {
  let delay = FIRST_PAUSE_MS;
  let failure: unknown;
  for (let tried = 0; ; tried += 1) {
    if (abandoned()) throw new Abandoned(failure);
    try {
      return await attempt(tried);
    } catch (error) {
      if (!(error instanceof MillraceError) || !error.retry) throw error;
      failure = error;
      onRetry(error);
    }
    await pause(timers, delay);
    delay = Math.min(delay * 2, LONGEST_PAUSE_MS);
  }
}
