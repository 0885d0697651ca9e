import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floorDiv, formatDuration, formatInstant, parseDuration, parseInstant } from './time.ts';

const instant = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n });

describe('parseInstant', () => {
  it('reads back what formatInstant writes, to the microsecond, from the year 1 to 9999', () => {
    fc.assert(
      fc.property(instant, (micros) => {
        expect(parseInstant(formatInstant(micros))).toEqual({ ok: true, value: micros });
      }),
    );
  });

  it('takes offsets into account, so the hour that autumn repeats is two instants', () => {
    const summer = parseInstant('2001-10-28T02:30:00+02:00');
    const winter = parseInstant('2001-10-28T02:30:00+01:00');
    expect(summer).toEqual({ ok: true, value: 1_004_229_000_000_000n });
    expect(winter).toEqual({ ok: true, value: 1_004_232_600_000_000n });
  });

  it.each([
    ['2001-10-28T02:30:00', /zone/],
    ['2001-02-30T00:00:00Z', /exists/],
    ['2001-02-03T24:00:00Z', /exists/],
    ['2001-02-03T00:00:60Z', /exists/],
    ['2001-02-03T00:00:00.1234567Z', /microsecond/],
    ['yesterday', /ISO 8601/],
  ])('refuses %s', (text, reason) => {
    expect(parseInstant(text)).toEqual({ ok: false, error: expect.stringMatching(reason) });
  });

  it('keeps digits of nanosecond writers when they are zero', () => {
    expect(parseInstant('1970-01-01T00:00:00.000001000Z')).toEqual({ ok: true, value: 1n });
  });
});

describe('parseDuration', () => {
  it('reads back what formatDuration writes', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), (micros) => {
        expect(parseDuration(formatDuration(micros))).toEqual({ ok: true, value: micros });
      }),
    );
  });

  it.each(['', '5', 'h', '1.5h', '-1h', '1y'])('refuses %j', (text) =>
    expect(parseDuration(text).ok).toBe(false),
  );
});

it('floorDiv rounds towards minus infinity', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.bigInt({ min: 1n }), (a, b) => {
      const quotient = floorDiv(a, b);
      expect(quotient * b <= a && a < (quotient + 1n) * b).toBe(true);
    }),
  );
});
