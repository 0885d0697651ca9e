/** Something that was started: its value, and how to stop it. Stopping twice is harmless. */
export interface Running<T> {
  readonly value: T;
  stop(): Promise<void>;
}

/** Starts parts in order and stops them in reverse. See {@link startTogether}. */
export interface Starter {
  /** Starts one part, remembers how to stop it, and returns its value. */
  start<T>(part: () => Promise<Running<T>>): Promise<T>;
  /** Remembers a step of stopping for something that needs no start. */
  onStop(stop: () => Promise<void> | void): void;
}

/**
 * Composes a lifecycle out of parts. When a later start fails, what had started is stopped again and the
 * failure is thrown; when a stop fails, the others still stop and the failures are thrown together.
 */
export async function startTogether<T>(build: (starter: Starter) => Promise<T>): Promise<Running<T>> {
  const stops: (() => Promise<void> | void)[] = [];
  const stopAll = async () => {
    const failures: unknown[] = [];
    for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) {
      try {
        await stop();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, 'several parts failed to stop');
  };
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= stopAll());
  try {
    const value = await build({
      async start(part) {
        const running = await part();
        stops.push(() => running.stop());
        return running.value;
      },
      onStop: (step) => void stops.push(step),
    });
    return { value, stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}
