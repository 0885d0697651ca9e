import { type Flight, landingTime } from './flight.ts';
import type { Minutes } from './minutes.ts';

/** The extra minutes of every flight once a drift is injected. */
export const INJECTED_DELAY = 60;

/** A drift for show: from a time on, every flight arrives an hour later than it really did. */
export async function* injectDrift(
  flights: AsyncIterable<Flight>,
  from: Minutes,
): AsyncGenerator<Flight, void, undefined> {
  for await (const flight of flights) {
    if (flight.departure < from) {
      yield flight;
      continue;
    }
    const delay = flight.delay + INJECTED_DELAY;
    yield { ...flight, delay, landing: landingTime(flight.departure, delay, flight.distance) };
  }
}
