/**
 * Lets work be asked for any number of times: it is done one at a time, and everybody who asks while one waits for its
 * turn shares that one. So what is asked for faster than it is done does not pile up, and whoever asks gets work that
 * began after he asked.
 */
export function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;
  return () => {
    if (waiting !== undefined) return waiting;
    waiting = last
      .catch(() => undefined)
      .then(() => {
        waiting = undefined;
        return work();
      });
    last = waiting;
    return waiting;
  };
}
