import type { Running, Starter } from '@millrace/kernel';

/**
 * Waits until parts that start at the same time have started, and has them stopped with the starter, at the same time
 * too. When one fails, its error is thrown after the others have settled, so that none is left.
 */
export async function startBeside(
  starter: Starter,
  parts: readonly Promise<Running<unknown>>[],
): Promise<void> {
  const settled = await Promise.allSettled(parts);
  const started = settled.flatMap((part) => (part.status === 'fulfilled' ? [part.value] : []));
  starter.onStop(async () => throwFailures(await Promise.allSettled(started.map((part) => part.stop()))));
  throwFailures(settled);
}

function throwFailures(settled: readonly PromiseSettledResult<unknown>[]): void {
  const failures = settled.flatMap((part): unknown[] => (part.status === 'rejected' ? [part.reason] : []));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join('\n'));
}
