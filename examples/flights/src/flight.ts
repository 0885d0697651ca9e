import type { Minutes } from './minutes.ts';

/** One flight of the file. */
export interface Flight {
  /** Its number in the file, from 0: what every event about this flight is named by. */
  readonly row: number;
  /** When it left. The file has local times without a zone; they are taken as UTC. */
  readonly departure: Minutes;
  /** When it landed: derived, see {@link landingTime}. */
  readonly landing: Minutes;
  /** How much later than planned it arrived, in minutes; negative for early. Nobody knows it before the landing. */
  readonly delay: number;
  /** Miles. */
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

const CRUISE_MILES_PER_MINUTE = 8;
const TAXI_CLIMB_AND_APPROACH = 30;
const SHORTEST_FLIGHT = 20;
const LATE = 15;

/**
 * The file has no landing time: it is derived as departure + delay + flight time, the flight time being 30
 * minutes and one for every 8 miles. No flight takes less than 20 minutes, however early it was.
 */
export function landingTime(departure: Minutes, delay: number, distance: number): Minutes {
  const flightTime = TAXI_CLIMB_AND_APPROACH + Math.ceil(distance / CRUISE_MILES_PER_MINUTE);
  return departure + Math.max(SHORTEST_FLIGHT, flightTime + delay);
}

/** Whether the flight arrived late in the sense of the statistics that it comes from: 15 minutes or more. */
export function isLate(flight: Pick<Flight, 'delay'>): boolean {
  return flight.delay >= LATE;
}
