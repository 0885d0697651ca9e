/** What runs later; passed in, so that tests and simulations choose when. */
export interface Timers {
  /** Runs something once, after some milliseconds. @returns how to take that back. */
  after(ms: number, run: () => void): () => void;
  /** Runs something again and again. @returns how to end that. */
  every(ms: number, run: () => void): () => void;
}

/** The machine's timers. */
export const systemTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
};

/** Resolves after some milliseconds. */
export function pause(timers: Timers, ms: number): Promise<void> {
  return new Promise((resolve) => void timers.after(ms, resolve));
}
