import { type Flight, isLate } from './flight.ts';
import type { Minutes } from './minutes.ts';
import { RollingSum } from './rolling.ts';

/** What is known of the flights of one airport or route as of a time. */
export interface TrafficFeatures {
  /** Flights that left. */
  readonly departures: number;
  /** Flights that landed: the sample of the next two. */
  readonly landed: number;
  /** Mean arrival delay in minutes of those that landed; null where none did. */
  readonly mean_delay: number | null;
  /** Share of those that landed 15 minutes late or more; null where none did. */
  readonly share_late: number | null;
}

/**
 * The flights of one airport or route over the last hours. A delay counts from the landing on, because it is
 * not known sooner: a feature that knew it at the departure would leak what the model is asked for.
 */
export class Traffic {
  readonly #departures: RollingSum;
  readonly #delays: RollingSum;
  readonly #late: RollingSum;

  constructor(span: Minutes) {
    this.#departures = new RollingSum(span);
    this.#delays = new RollingSum(span);
    this.#late = new RollingSum(span);
  }

  departed(flight: Flight): void {
    this.#departures.add(flight.departure, 1);
  }

  landed(flight: Flight): void {
    this.#delays.add(flight.landing, flight.delay);
    this.#late.add(flight.landing, isLate(flight) ? 1 : 0);
  }

  /** As of `t`: what left or landed before it, and no longer ago than the span. */
  asOf(t: Minutes): TrafficFeatures {
    const { count: departures } = this.#departures.asOf(t);
    const { count: landed, sum: delay } = this.#delays.asOf(t);
    const { sum: late } = this.#late.asOf(t);
    const share = (part: number) => (landed === 0 ? null : part / landed);
    return { departures, landed, mean_delay: share(delay), share_late: share(late) };
  }
}
