import { MillraceError } from '@millrace/kernel';

/**
 * Waits for something for so long and no longer. What was waited for goes on by itself; its failure is nobody's then.
 *
 * @param milliseconds the longest wait.
 * @param what named in the error: `Kafka did not <what> in time`.
 * @throws MillraceError LOG_UNAVAILABLE, and what the promise rejects with.
 */
export async function within<T>(milliseconds: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new MillraceError('LOG_UNAVAILABLE', `Kafka did not ${what} in time`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
