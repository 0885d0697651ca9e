import { describe, expect, it } from 'vitest';
import { landingTime } from './flight.ts';
import { DAY, formatMinutes, type Minutes } from './minutes.ts';
import { type FlightRange, readFlights } from './read-flights.ts';
import { collect } from './testing/collect.ts';

const at = (text: string): Minutes => Date.parse(text) / 60_000;
const read = (range: FlightRange) => collect(readFlights(range));

describe('readFlights', () => {
  it('reads the first flights as they stand in the file, local times taken as UTC', async () => {
    const [first, second] = await read({ limit: 2 });
    const departure = at('2001-01-01T00:01:00Z');
    expect(first).toEqual({
      row: 0,
      departure,
      delay: 33,
      distance: 2176,
      origin: 'LAS',
      destination: 'PHL',
      landing: departure + 30 + 272 + 33,
    });
    expect(second).toMatchObject({ row: 1, origin: 'ATL', destination: 'SAV', delay: 19 });
  });

  it('reads a range of days across row groups in the order of departure, under the same row numbers', async () => {
    const range = { from: at('2001-01-17T00:00:00Z'), until: at('2001-01-18T00:00:00Z') };
    const flights = await read(range);
    expect(flights).toHaveLength(16_986);
    expect(flights.map(({ row }) => row)).toEqual(
      flights.map((_, index) => (flights[0]?.row ?? NaN) + index),
    );
    for (const [index, { departure }] of flights.entries()) {
      expect(departure).toBeGreaterThanOrEqual(flights[index - 1]?.departure ?? range.from);
      expect(departure).toBeLessThan(range.until);
    }
    const [again] = await read({ from: range.from - DAY, until: range.until, limit: 1 });
    expect((flights[0]?.row ?? 0) - (again?.row ?? 0)).toBe(16_805);
  });

  it('stops at the limit', async () => {
    expect(await read({ from: at('2001-06-30T00:00:00Z'), limit: 10 })).toHaveLength(10);
  });
});

describe('landingTime', () => {
  it('adds the delay and the flight time of the distance', () => {
    expect(landingTime(1000, 10, 800)).toBe(1000 + 10 + 30 + 100);
    expect(landingTime(1000, -5, 81)).toBe(1000 - 5 + 30 + 11);
  });

  it('lets nobody land before it left', () => {
    expect(landingTime(1000, -80, 100)).toBe(1020);
  });
});

describe('formatMinutes', () => {
  it('writes UTC', () => expect(formatMinutes(at('2001-01-31T06:10:00+02:00'))).toBe('2001-01-31T04:10:00Z'));
});
