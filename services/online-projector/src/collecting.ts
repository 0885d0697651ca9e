import {
  type Clock,
  type Micros,
  MillraceError,
  type Running,
  systemClock,
  systemTimers,
  type Timers,
} from '@millrace/kernel';
import { BUCKETS, type ExpiringView, type OnlineStoreCollector } from '@millrace/online-store';
import type { FollowedDefinitions } from '@millrace/processing';

/** What garbage collection needs. */
export interface CollectingParts {
  readonly store: OnlineStoreCollector;
  readonly catalog: Pick<FollowedDefinitions['catalog'], 'views'>;
  /** How long after its TTL a row is kept, counted from its recording. */
  readonly horizon: Micros;
  /** Milliseconds in which every bucket comes up once. */
  readonly everyMs: number;
  readonly onCollected: (rows: number) => void;
  /** Told of a bucket that could not be looked at; its turn comes again. */
  readonly onTrouble: (error: unknown) => void;
  readonly onFailure: (error: unknown) => void;
  /** How many buckets the store has. @default {@link BUCKETS} */
  readonly buckets?: number;
  /** Chooses the bucket to begin with; at least 0 and less than 1. @default Math.random */
  readonly random?: () => number;
  /** @default the machine's */
  readonly timers?: Timers;
  /** @default the machine's */
  readonly clock?: Clock;
}

/**
 * Forgets rows that are long out of date, one bucket after the other, at a pace that nobody notices. Several
 * instances begin in different places, and do no harm to each other.
 */
export async function startCollecting(parts: CollectingParts): Promise<Running<void>> {
  const { store, catalog, horizon, timers = systemTimers, clock = systemClock } = parts;
  const { buckets = BUCKETS, random = Math.random } = parts;
  let bucket = Math.floor(random() * buckets);
  let collecting: Promise<void> | undefined;

  async function collect(): Promise<void> {
    const views = catalog
      .views()
      .flatMap(({ entity, definition, ttl }): ExpiringView[] =>
        ttl === null ? [] : [{ entity: entity.name, view: definition.name, ttl }],
      );
    parts.onCollected(await store.collect(bucket, views, { now: clock.now(), horizon }));
    bucket = (bucket + 1) % buckets;
  }

  const end = timers.every(Math.max(1, parts.everyMs / buckets), () => {
    collecting ??= collect()
      .catch((error: unknown) => {
        if (error instanceof MillraceError && error.retry) parts.onTrouble(error);
        else parts.onFailure(error);
      })
      .finally(() => {
        collecting = undefined;
      });
  });
  return {
    value: undefined,
    async stop() {
      end();
      await collecting;
    },
  };
}
