import type { Clock } from '@millrace/kernel';
import { type CollectionTime, mayBeCollected } from '@millrace/online-store';
import type { wasCollected } from '@millrace/verification';
import { promised } from '../core/violation.ts';
import { HORIZON, ttlOf } from '../events/definitions.ts';
import type { Producers, Recorded } from '../events/recorded.ts';
import { eventTimeOf, isOf } from './stored-bytes.ts';

/** How the verification tells what was collected from what is lost. */
export type KnowsCollected = typeof wasCollected;

/** What garbage collection may have taken away. */
export class Collected {
  readonly #producers: Producers;
  readonly #clock: Clock;
  readonly #knows: KnowsCollected;

  constructor(producers: Producers, clock: Clock, knows: KnowsCollected) {
    this.#producers = producers;
    this.#clock = clock;
    this.#knows = knows;
  }

  /**
   * Whether a store may have what it has of an entity instead of the newest row: a row of that event time may be
   * collected, and what stands there now is no later. Then the verification has to know it too.
   */
  explains(topic: string, known: readonly Recorded[], newest: Recorded, stored: Buffer | undefined): boolean {
    const ttl = ttlOf(topic);
    const time = this.#time();
    if (!known.some((row) => row.eventTime === newest.eventTime && mayBeCollected(row, ttl, time)))
      return false;
    if (stored !== undefined) {
      const isOlder = known.some((row) => row.eventTime <= newest.eventTime && isOf(stored, row));
      if (!isOlder) return false;
    }
    const online = stored === undefined ? undefined : { eventTime: eventTimeOf(stored) };
    promised(
      'the verification knows what was collected',
      !mayBeCollected(newest, ttl, time) || this.#knows(online, newest, ttl, time),
      () => `${topic}: the row at ${newest.eventTime} of position ${newest.position} is gone`,
    );
    return true;
  }

  /** Whether a row that was read before may be gone, or another one of its event time. */
  mayBeGone(topic: string, { eventTime }: Pick<Recorded, 'eventTime'>): boolean {
    const ttl = ttlOf(topic);
    if (ttl === null) return false;
    const time = this.#time();
    return this.#producers.rows.some(
      (row) => row.topic === topic && row.eventTime === eventTime && mayBeCollected(row, ttl, time),
    );
  }

  #time(): CollectionTime {
    return { now: this.#clock.now(), horizon: HORIZON };
  }
}
