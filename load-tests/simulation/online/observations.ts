import { unpackPosition } from '@millrace/events';
import type { StoredRow } from '@millrace/online-store';
import { promised } from '../core/violation.ts';
import type { Producers } from '../events/recorded.ts';
import { partitionFieldOf, layout } from './keys.ts';
import { holdingTimes } from './reader-times.ts';
import type { SimulatedRedis } from './simulated-redis.ts';
import { storedGenerations } from './stored-generations.ts';
import { numberAt } from './values.ts';

/** A row as a reader was given it. */
export interface Observation {
  readonly topic: string;
  readonly entity: bigint;
  /** The generation that it was read of. */
  readonly generation: number;
  readonly row: StoredRow | undefined;
  /** When it was read, in milliseconds. */
  readonly atMs: number;
  /** Whether the row's generation said of itself then that it had the row in every bucket. */
  readonly isApplied: boolean;
}

/** What has to be known of a row to say what is older. */
export type Known = Pick<StoredRow, 'eventTime' | 'position' | 'eventId' | 'recordedAt'>;

/** Whether the store may have collected a row, or shows another that is as much out of date. */
export type MayBeGone = (topic: string, row: Known) => boolean;

/** What a reader may be given, after what it was given before. */
export class Observations {
  readonly #redis: SimulatedRedis;
  readonly #producers: Producers;
  readonly #nowMs: () => number;
  readonly #mayBeGone: MayBeGone;
  readonly #last = new Map<string, Observation>();

  constructor(redis: SimulatedRedis, producers: Producers, nowMs: () => number, mayBeGone: MayBeGone) {
    this.#redis = redis;
    this.#producers = producers;
    this.#nowMs = nowMs;
    this.#mayBeGone = mayBeGone;
  }

  /** Takes in what was read now. @throws Violation when it is older than what was read before. */
  add(now: Observation): void {
    const name = `${now.topic} ${now.entity}`;
    const before = this.#last.get(name);
    if (before?.row !== undefined)
      promised(
        'reads never go back',
        !this.isBehind(now, before.row) || this.#mayGoBack(before, now),
        () =>
          `${now.topic}#${now.generation} of thing ${now.entity} is ${told(now.row)} after ${told(before.row)} of generation ${before.generation}`,
      );
    this.#last.set(name, now);
  }

  /** Whether what was read is older than a row that is known to be in the log. */
  isBehind({ topic, row }: Pick<Observation, 'topic' | 'row'>, known: Known): boolean {
    if (this.#mayBeGone(topic, known)) return false;
    if (row === undefined) return true;
    if (row.eventTime !== known.eventTime) return row.eventTime < known.eventTime;
    if (row.position >= known.position) return false;
    // The position of an event falls when an earlier copy of it turns up.
    return !this.#producers.rows.some(
      (copy) => copy.topic === topic && copy.eventId === known.eventId && copy.position <= row.position,
    );
  }

  /**
   * At a switch a reader waits for the generation to come up to what was applied, and not for ever. What was not applied
   * yet when it was read, it may miss for a moment.
   */
  #mayGoBack(before: Observation, now: Observation): boolean {
    if (before.row === undefined || now.generation === before.generation) return false;
    const { partition, offset } = unpackPosition(before.row.position);
    const field = partitionFieldOf(now.topic, now.generation, partition);
    if (BigInt(numberAt(this.#redis, layout.applied, field)) > offset) return false;
    if (!before.isApplied || now.atMs - before.atMs > holdingTimes.lease) return true;
    const live = storedGenerations(this.#redis).find(
      ({ topic, number }) => topic === now.topic && number === now.generation,
    );
    const since = Number((live?.since ?? 0n) / 1000n);
    return this.#nowMs() - since > holdingTimes.patience;
  }
}

function told(row: Pick<StoredRow, 'eventId' | 'eventTime' | 'position'> | undefined): string {
  if (row === undefined) return 'nothing';
  return `event ${row.eventId.slice(-4)} at ${row.eventTime} of position ${row.position}`;
}
