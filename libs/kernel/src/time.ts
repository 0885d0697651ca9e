import { err, ok, type Result } from './result.ts';

/** An instant: microseconds since 1970-01-01T00:00:00Z, negative before. */
export type Micros = bigint;

/** Microseconds in a second. */
export const SECOND: Micros = 1_000_000n;

const MIN_INSTANT = -62_135_596_800_000_000n; // 0001-01-01T00:00:00Z
const MAX_INSTANT = 253_402_300_799_999_999n; // 9999-12-31T23:59:59.999999Z

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*([Zz]|[+-]\d{2}:?\d{2})?$/;

/**
 * Reads an ISO 8601 instant to the microsecond. A time without zone or offset is refused: during the hour
 * that a zone repeats in autumn it names two instants. Digits past the microsecond are refused unless zero.
 *
 * @returns the instant, or the sentence that says which rule was broken.
 */
export function parseInstant(text: string): Result<Micros, string> {
  const match = ISO.exec(text);
  if (match === null) return err('must be an ISO 8601 time such as 2001-01-31T13:45:00Z');
  const [, year, month, day, hour, minute, second = '00', fraction = '', zone] = match;
  if (zone === undefined) return err('must carry a zone: Z or an offset such as +02:00');
  if (/[1-9]/.test(fraction.slice(6))) return err('must not be finer than a microsecond');
  const wall = Date.UTC(2000, Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const date = new Date(wall);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const valid =
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day) &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60;
  if (!valid) return err('is not a time that exists');
  const micros = BigInt(date.getTime()) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'));
  return ok(micros - offsetMicros(zone));
}

function offsetMicros(zone: string): Micros {
  if (zone === 'Z' || zone === 'z') return 0n;
  const digits = zone.slice(1).replace(':', '');
  const minutes = BigInt(digits.slice(0, 2)) * 60n + BigInt(digits.slice(2));
  return (zone.startsWith('-') ? -minutes : minutes) * 60n * SECOND;
}

/** Writes an instant as ISO 8601 in UTC with six digits, such as `2001-01-31T13:45:00.000000Z`. */
export function formatInstant(micros: Micros): string {
  const millis = floorDiv(micros, 1000n);
  const rest = micros - millis * 1000n;
  return `${new Date(Number(millis)).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}

/** Whether an instant lies in the years 1 to 9999, which every store and format here can hold. */
export function isInstant(micros: Micros): boolean {
  return micros >= MIN_INSTANT && micros <= MAX_INSTANT;
}

const UNITS: Readonly<Record<string, Micros>> = {
  us: 1n,
  ms: 1000n,
  s: SECOND,
  m: 60n * SECOND,
  h: 3600n * SECOND,
  d: 86_400n * SECOND,
  w: 604_800n * SECOND,
};

/** Reads a duration such as `500ms`, `30s`, `15m`, `6h`, `7d` or `1d12h`, as microseconds. */
export function parseDuration(text: string): Result<Micros, string> {
  if (!/^(\d+(us|ms|s|m|h|d|w))+$/.test(text)) {
    return err('must be a duration such as 500ms, 30s, 15m, 6h, 7d or 1d12h');
  }
  let total = 0n;
  for (const [, amount = '0', unit = 's'] of text.matchAll(/(\d+)(us|ms|s|m|h|d|w)/g)) {
    total += BigInt(amount) * (UNITS[unit] ?? 0n);
  }
  return ok(total);
}

/** Writes a duration in the fewest units that {@link parseDuration} reads back, such as `1d12h`. */
export function formatDuration(micros: Micros): string {
  if (micros === 0n) return '0s';
  let rest = micros;
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms', 'us']) {
    const size = UNITS[unit] ?? 1n;
    if (rest >= size) text += `${rest / size}${unit}`;
    rest %= size;
  }
  return text;
}

/** Integer division that rounds towards minus infinity. */
export function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}
