import type { Generation } from '@millrace/processing';
import { grouped } from '../io/table.ts';
import type { TopicProgress } from './measure.ts';
import type { StoreName } from './rebuild-target.ts';
import { duration } from './show-progress.ts';

/** What a rebuild did. */
export interface RebuildSummary {
  readonly store: StoreName;
  readonly state: 'live';
  readonly topics: readonly {
    readonly topic: string;
    readonly generation: number;
    readonly records: number;
  }[];
  readonly events: number;
  /** From the request to the switch. */
  readonly seconds: number;
  /** Events per second. */
  readonly rate: number;
}

/**
 * Sums up a rebuild that is live.
 *
 * @param asked the generations as they were while being built.
 * @param now the generations as the store has them now.
 */
export function summaryOf(
  store: StoreName,
  topics: readonly TopicProgress[],
  asked: readonly Generation[],
  now: readonly Generation[],
): RebuildSummary {
  const events = topics.reduce((sum, { done }) => sum + done, 0);
  const seconds = Math.max(0.001, Number(latest(asked, now) - earliest(asked)) / 1e6);
  return {
    store,
    state: 'live',
    topics: topics.map(({ topic, generation, done }) => ({ topic, generation, records: done })),
    events,
    seconds: Math.round(seconds * 1_000) / 1_000,
    rate: Math.round(events / seconds),
  };
}

/** The summary for people. */
export function summaryText({ store, topics, events, seconds, rate }: RebuildSummary): string {
  return `The ${store} store is rebuilt and live: ${grouped(events)} events of ${topics.length} topic${topics.length === 1 ? '' : 's'} in ${duration(seconds)}, ${grouped(rate)} events/s.`;
}

function earliest(asked: readonly Generation[]): bigint {
  return asked.reduce((least, { since }) => (since < least ? since : least), asked[0]?.since ?? 0n);
}

/** When the last of them went live. */
function latest(asked: readonly Generation[], now: readonly Generation[]): bigint {
  let latestSince = 0n;
  for (const { topic, number } of asked) {
    const found = now.find((generation) => generation.topic === topic && generation.number === number);
    if (found?.state === 'live' && found.since > latestSince) latestSince = found.since;
  }
  return latestSince === 0n ? BigInt(Date.now()) * 1_000n : latestSince;
}
