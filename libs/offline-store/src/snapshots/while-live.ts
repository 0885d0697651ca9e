import type { ClickHouseClient } from '@clickhouse/client';
import { MillraceError } from '@millrace/kernel';
import { liveGenerations } from '../generations/read-marks.ts';

/**
 * Does work that reads tables of generations that were found live. Where it fails and others are live by now, its tables
 * may have been dropped under it: after a rebuild they are kept for twice the projector's grace.
 *
 * @throws MillraceError STORE_UNAVAILABLE then, since trying again succeeds; else what `work` throws.
 */
export async function whileLive<T>(
  client: ClickHouseClient,
  live: ReadonlyMap<string, number>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof MillraceError && cause.code !== 'INTERNAL') throw cause;
    const now = await liveGenerations(client, [...live.keys()]);
    if ([...live].every(([topic, number]) => now.get(topic) === number)) throw cause;
    throw new MillraceError(
      'STORE_UNAVAILABLE',
      'a rebuild took the place of what a training snapshot was read from',
      { cause },
    );
  }
}
