import type { ScalarType } from '../feature-type.ts';
import type { ByteWriter } from './byte-writer.ts';
import { instantOf } from './instant.ts';
import { showValue } from './issue.ts';

/**
 * Checks a value of the row format and writes it in Avro. Answers undefined, or the rule that was broken, in which
 * case what was written is worthless.
 */
export type WriteValue = (value: unknown, out: ByteWriter) => string | undefined;

const INT_MAX = 2_147_483_647;
const LONG_MAX = 2n ** 63n - 1n;
const DECIMAL = /^-?\d{1,19}$/;
const notFinite: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

const refused = (rule: string, value: unknown) => `${rule}, not ${showValue(value)}`;

/** Reads a number of the row format; undefined where it is none. JSON reads a number that overflows as infinite. */
function floating(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' && Object.hasOwn(notFinite, value) ? notFinite[value] : undefined;
}

const FLOATING_RULE = 'must be a number that fits, "NaN", "Infinity" or "-Infinity"';

/** For each type of a single value, how it is checked and written. */
export const writeScalar: Readonly<Record<ScalarType, WriteValue>> = {
  double(value, out) {
    const number = typeof value === 'number' && Number.isFinite(value) ? value : floating(value);
    if (number === undefined) return refused(FLOATING_RULE, value);
    out.double(number);
    return undefined;
  },

  float(value, out) {
    const number = floating(value);
    if (number === undefined || (Number.isFinite(number) && !Number.isFinite(Math.fround(number)))) {
      return refused(`${FLOATING_RULE} in 32 bits`, value);
    }
    out.float(number);
    return undefined;
  },

  int(value, out) {
    if (typeof value !== 'number' || !Number.isInteger(value) || value > INT_MAX || value < -INT_MAX - 1) {
      return refused('must be a whole number of 32 bits', value);
    }
    out.integer(value);
    return undefined;
  },

  long(value, out) {
    if (typeof value === 'number' && Number.isSafeInteger(value)) {
      out.integer(value);
      return undefined;
    }
    const long = typeof value === 'string' && DECIMAL.test(value) ? BigInt(value) : value;
    if (typeof long !== 'bigint' || long > LONG_MAX || long < -LONG_MAX - 1n) {
      return refused('must be a whole number of 64 bits, beyond ±(2^53 − 1) as a decimal string', value);
    }
    out.long(long);
    return undefined;
  },

  string(value, out) {
    if (typeof value !== 'string') return refused('must be a string', value);
    if (!value.isWellFormed()) return 'must be well-formed Unicode: it has half of a surrogate pair';
    out.string(value);
    return undefined;
  },

  bool(value, out) {
    if (typeof value !== 'boolean') return refused('must be true or false', value);
    out.byte(value ? 1 : 0);
    return undefined;
  },

  timestamp(value, out) {
    const instant = instantOf(value);
    if (typeof instant === 'string') return instant;
    if (typeof instant === 'number') out.integer(instant);
    else out.long(instant);
    return undefined;
  },
};
