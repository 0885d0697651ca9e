import type { Running, Starter } from '@millrace/kernel';

/**
 * Waits until parts that start at the same time have started, and has them stopped with the starter, the last
 * of the list first. When one fails, its error is thrown after the others have settled, so that none is left.
 */
export async function startBeside(
  starter: Starter,
  parts: readonly Promise<Running<unknown>>[],
): Promise<void> {
  const settled = await Promise.allSettled(parts);
  for (const part of settled) {
    if (part.status === 'fulfilled') starter.onStop(() => part.value.stop());
  }
  const failures = settled.flatMap((part): unknown[] => (part.status === 'rejected' ? [part.reason] : []));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join('\n'));
}
