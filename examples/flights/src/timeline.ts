import { AIRPORT_SPAN, ROUTE_SPAN } from './definitions.ts';
import type { Flight } from './flight.ts';
import type { Minutes } from './minutes.ts';
import { Traffic, type TrafficFeatures } from './traffic.ts';

/** The features of an airport as they are written. */
export interface AirportRow extends TrafficFeatures {
  readonly airport: string;
}

/** The features of a route as they are written. */
export interface RouteRow extends TrafficFeatures {
  readonly origin: string;
  readonly destination: string;
  readonly distance: number;
}

/** One step of the simulated day: what is known at `at`, and who leaves before the next step. */
export interface Step {
  readonly at: Minutes;
  /** The airports at which something happened since the step before, as of `at`. */
  readonly airports: readonly AirportRow[];
  /** The routes on which something happened since the step before, as of `at`. */
  readonly routes: readonly RouteRow[];
  /** The flights that landed since the step before, in the order of their landing. */
  readonly landed: readonly Flight[];
  /** The flights that leave before the next step. */
  readonly departing: readonly Flight[];
}

/**
 * Cuts the flights into steps of a few minutes, and goes on after the last departure until everybody has
 * landed. The cut is by the flights' own time alone, so two runs make the same steps however fast they are.
 *
 * @param flights in the order of their departure.
 */
export async function* timeline(
  flights: AsyncIterable<Flight>,
  minutes: Minutes,
): AsyncGenerator<Step, void, undefined> {
  const sky = new Sky(minutes);
  for await (const departing of byStep(flights, minutes)) {
    yield* sky.until(departing.step);
    yield sky.step(departing.flights);
  }
  yield* sky.until(Infinity);
}

/** Groups flights by the step in which they leave; steps in which nobody leaves are left out. */
async function* byStep(flights: AsyncIterable<Flight>, minutes: Minutes) {
  let step: number | undefined;
  let group: Flight[] = [];
  for await (const flight of flights) {
    const own = Math.floor(flight.departure / minutes);
    if (step !== undefined && own !== step) {
      yield { step, flights: group };
      group = [];
    }
    step = own;
    group.push(flight);
  }
  if (step !== undefined) yield { step, flights: group };
}

class Sky {
  readonly #minutes: Minutes;
  readonly #airports = new Map<string, Traffic>();
  readonly #routes = new Map<string, { readonly traffic: Traffic; readonly distance: number }>();
  /** Flights in the air, by the step that sees their landing. */
  readonly #landings = new Map<number, Flight[]>();
  #departed: readonly Flight[] = [];
  #next: number | undefined;

  constructor(minutes: Minutes) {
    this.#minutes = minutes;
  }

  /** The steps before `step` in which something happened, or all that are left. */
  *until(step: number): Generator<Step, void, undefined> {
    this.#next ??= step;
    while (this.#next < step && (this.#departed.length > 0 || this.#landings.size > 0)) {
      if (this.#departed.length > 0 || this.#landings.has(this.#next)) yield this.step([]);
      else this.#next++;
    }
    this.#next = step;
  }

  /** Moves the clock by one step. */
  step(departing: readonly Flight[]): Step {
    const number = this.#next ?? 0;
    const at = number * this.#minutes;
    const landed = (this.#landings.get(number) ?? []).sort((a, b) => a.landing - b.landing || a.row - b.row);
    this.#landings.delete(number);
    for (const flight of this.#departed)
      for (const traffic of this.#trafficOf(flight)) traffic.departed(flight);
    for (const flight of landed) for (const traffic of this.#trafficOf(flight)) traffic.landed(flight);
    const touched = [...this.#departed, ...landed];
    const airports = [...new Set(touched.map(({ origin }) => origin))];
    const routes = new Map(touched.map((flight) => [routeName(flight), flight]));
    this.#departed = departing;
    for (const flight of departing) this.#takeOff(flight);
    this.#next = number + 1;
    return {
      at,
      airports: airports.map((airport) => ({ airport, ...this.#airport(airport).asOf(at) })),
      routes: [...routes.values()].map((flight) => {
        const { traffic, distance } = this.#route(flight);
        return { origin: flight.origin, destination: flight.destination, distance, ...traffic.asOf(at) };
      }),
      landed,
      departing,
    };
  }

  #takeOff(flight: Flight): void {
    const step = Math.floor(flight.landing / this.#minutes) + 1;
    const landings = this.#landings.get(step);
    if (landings === undefined) this.#landings.set(step, [flight]);
    else landings.push(flight);
  }

  #trafficOf(flight: Flight): readonly Traffic[] {
    return [this.#airport(flight.origin), this.#route(flight).traffic];
  }

  #airport(airport: string): Traffic {
    return getOrMake(this.#airports, airport, () => new Traffic(AIRPORT_SPAN));
  }

  #route(flight: Flight): { readonly traffic: Traffic; readonly distance: number } {
    const make = () => ({ traffic: new Traffic(ROUTE_SPAN), distance: flight.distance });
    return getOrMake(this.#routes, routeName(flight), make);
  }
}

function routeName({ origin, destination }: Flight): string {
  return `${origin} ${destination}`;
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
