import { expect, it } from 'vitest';
import { type Flight, landingTime } from './flight.ts';
import { injectDrift } from './inject-drift.ts';
import { collect } from './testing/collect.ts';

const flight = (row: number, departure: number): Flight => ({
  row,
  departure,
  delay: 3,
  distance: 400,
  origin: 'ATL',
  destination: 'BOS',
  landing: landingTime(departure, 3, 400),
});

async function* feed() {
  yield flight(0, 99);
  yield flight(1, 100);
}

it('makes every flight an hour later from a time on, and lets it land later', async () => {
  const [before, after] = await collect(injectDrift(feed(), 100));
  expect(before).toEqual(flight(0, 99));
  expect(after).toEqual({ ...flight(1, 100), delay: 63, landing: flight(1, 100).landing + 60 });
});
