import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AIRPORT_SPAN, ROUTE_SPAN } from './definitions.ts';
import { type Flight, isLate, landingTime } from './flight.ts';
import type { Minutes } from './minutes.ts';
import { collect } from './testing/collect.ts';
import { type Step, timeline } from './timeline.ts';
import type { TrafficFeatures } from './traffic.ts';

const airports = ['ATL', 'BOS', 'ORD'];
const flightsArbitrary = fc
  .array(
    fc.record({
      departure: fc.integer({ min: 0, max: 3000 }),
      delay: fc.integer({ min: -80, max: 300 }),
      from: fc.nat(2),
      to: fc.nat(2),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map((list) =>
    list
      .sort((a, b) => a.departure - b.departure)
      .map(({ departure, delay, from, to }, row): Flight => {
        const distance = 100 * (1 + from + to);
        const [origin, destination] = [airports[from] ?? '', airports[to] ?? ''];
        return {
          row,
          departure,
          delay,
          distance,
          origin,
          destination,
          landing: landingTime(departure, delay, distance),
        };
      }),
  );

async function steps(flights: readonly Flight[], minutes: Minutes): Promise<Step[]> {
  return collect(timeline(feed(flights), minutes));
}

async function* feed(flights: readonly Flight[]): AsyncGenerator<Flight> {
  yield* flights;
}

/** What a person with all flights on paper would count as of `t`. */
function onPaper(flights: readonly Flight[], t: Minutes, span: Minutes): TrafficFeatures {
  const departed = flights.filter(({ departure }) => departure >= t - span && departure < t);
  const landed = flights.filter(({ landing }) => landing >= t - span && landing < t);
  const mean = (numbers: number[]) =>
    numbers.length === 0 ? null : numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  return {
    departures: departed.length,
    landed: landed.length,
    mean_delay: mean(landed.map(({ delay }) => delay)),
    share_late: mean(landed.map((flight) => (isLate(flight) ? 1 : 0))),
  };
}

describe('timeline', () => {
  it('writes what had happened by then, and nothing that had not', async () => {
    await fc.assert(
      fc.asyncProperty(flightsArbitrary, fc.constantFrom(5, 10, 15, 45), async (flights, minutes) => {
        for (const { at, airports, routes } of await steps(flights, minutes)) {
          for (const { airport, ...features } of airports) {
            const own = flights.filter(({ origin }) => origin === airport);
            expect(features).toEqual(onPaper(own, at, AIRPORT_SPAN));
          }
          for (const { origin, destination, distance, ...features } of routes) {
            const own = flights.filter(
              (flight) => flight.origin === origin && flight.destination === destination,
            );
            expect(features).toEqual(onPaper(own, at, ROUTE_SPAN));
            expect(distance).toBe(own[0]?.distance);
          }
        }
      }),
    );
  });

  it('has each flight leave once, before the next step, and land once, before the step that sees it', async () => {
    await fc.assert(
      fc.asyncProperty(flightsArbitrary, fc.constantFrom(5, 10, 45), async (flights, minutes) => {
        const all = await steps(flights, minutes);
        expect(all.flatMap(({ departing }) => departing)).toEqual(flights);
        expect(all.flatMap(({ landed }) => landed.map(({ row }) => row)).sort((a, b) => a - b)).toEqual(
          flights.map(({ row }) => row),
        );
        for (const { at, departing, landed } of all) {
          for (const flight of departing) expect(Math.floor(flight.departure / minutes) * minutes).toBe(at);
          for (const { landing } of landed)
            expect(Math.floor(landing / minutes) * minutes + minutes).toBe(at);
        }
      }),
    );
  });

  it('writes an airport and a route in the step after something happened there', async () => {
    await fc.assert(
      fc.asyncProperty(flightsArbitrary, fc.constantFrom(5, 10), async (flights, minutes) => {
        const all = await steps(flights, minutes);
        const written = new Set(
          all.flatMap(({ at, airports }) => airports.map(({ airport }) => `${airport} ${at}`)),
        );
        const due = flights.flatMap(({ origin, departure, landing }) =>
          [departure, landing].map((time) => `${origin} ${Math.floor(time / minutes) * minutes + minutes}`),
        );
        expect(written).toEqual(new Set(due));
        expect(all.map(({ at }) => at)).toEqual([...new Set(all.map(({ at }) => at))].sort((a, b) => a - b));
      }),
    );
  });
});
