/** Lets so many queries run at once; the others wait in the order in which they came. */
export type Admission = {
  /** Resolves with the function that gives the place back. Rejects with the signal's reason. */
  enter(signal: AbortSignal): Promise<() => void>;
  /** Resolves when nobody runs or waits any more. */
  whenIdle(): Promise<void>;
};

export function createAdmission(places: number): Admission {
  let free = places;
  const waiting = new Set<() => void>();
  const idle = new Set<() => void>();

  const leave = () => {
    free += 1;
    const [next] = waiting;
    if (next) next();
    else if (free === places) for (const resolve of idle) resolve();
  };
  const take = () => {
    free -= 1;
    let held = true;
    return () => {
      if (held) leave();
      held = false;
    };
  };

  return {
    enter(signal) {
      signal.throwIfAborted();
      if (free > 0) return Promise.resolve(take());
      return new Promise((resolve, reject) => {
        const next = () => {
          waiting.delete(next);
          signal.removeEventListener('abort', giveUp);
          resolve(take());
        };
        const giveUp = () => {
          waiting.delete(next);
          reject(signal.reason);
        };
        waiting.add(next);
        signal.addEventListener('abort', giveUp, { once: true });
      });
    },
    whenIdle() {
      if (free === places) return Promise.resolve();
      return new Promise((resolve) => idle.add(() => resolve()));
    },
  };
}
