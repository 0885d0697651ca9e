import { setTimeout as delay } from 'node:timers/promises';
import type { LogAdmin } from '@millrace/event-log';
import { MillraceError } from '@millrace/kernel';
import type { Ends, Stores } from './stores.ts';
import { loadTopics } from './topics.ts';

const POLL_MS = 400;

/** A store of which progress is waited for. */
export type StoreName = 'online' | 'offline';

/** Follows how far the stores are. */
export interface Progress {
  /** The end of the log now, asked again until Kafka answers. */
  logEnd(): Promise<Ends>;
  /** Resolves when a store has all up to these ends. @throws MillraceError INTERNAL when there is no end to it */
  reached(store: StoreName, ends: Ends, limitMs: number): Promise<void>;
}

/** Progress by the log's own offsets and the stores' own words. */
export function progressOf(log: LogAdmin, stores: Stores): Progress {
  async function logEnd(): Promise<Ends> {
    for (;;) {
      try {
        const spans = await Promise.all(
          loadTopics.map(async (topic) => (await log.spans(topic)).map((span) => ({ topic, ...span }))),
        );
        return new Map(spans.flat().map(({ topic, partition, next }) => [`${topic}/${partition}`, next]));
      } catch {
        await delay(POLL_MS);
      }
    }
  }
  return {
    logEnd,
    async reached(store, ends, limitMs) {
      const wanted =
        store === 'online' ? [...ends].filter(([name]) => name.startsWith('features.')) : [...ends];
      const deadline = performance.now() + limitMs;
      let missing: readonly (readonly [string, bigint])[] = wanted;
      while (performance.now() < deadline) {
        const has = await (store === 'online' ? stores.onlineEnds() : stores.offlineEnds()).catch(
          (): Ends => new Map(),
        );
        missing = wanted.filter(([name, next]) => next > (has.get(name) ?? 0n));
        if (missing.length === 0) return;
        await delay(POLL_MS);
      }
      const [name, next] = missing[0] ?? [];
      throw new MillraceError(
        'INTERNAL',
        `the ${store} store did not reach the end of the log in ${limitMs / 1000} s: ${missing.length} partitions are behind, such as ${name}, which should be at ${next}`,
      );
    },
  };
}
