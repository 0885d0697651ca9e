import type { PredictionMade } from '@millrace/events';
import { describeType, type FeatureType, type ScalarType } from '@millrace/feature-registry';
import { err, ok, parseInstant, type Result } from '@millrace/kernel';

/** A value as a prediction event holds it: with the name of its type. */
export type ServedValue = PredictionMade['servedFeatures'][number]['value'];
type ServedScalar = Exclude<ServedValue, null | { readonly array: unknown }>;

const INT_LIMIT = 2 ** 31;
const words: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Infinity,
  '-Infinity': -Infinity,
};

/**
 * Reads a served value. The feature service tells its type; without one, a whole number is a long and any other number
 * a double.
 */
export function servedValue(value: unknown, type: FeatureType | undefined): Result<ServedValue, string> {
  if (value === null || value === undefined) return ok(null);
  if (!Array.isArray(value)) {
    const scalar = servedScalar(value, typeof type === 'string' ? type : undefined);
    const fits = scalar !== undefined && (type === undefined || typeof type === 'string');
    return fits ? ok(scalar) : err(rule(type));
  }
  if (typeof type === 'string') return err(rule(type));
  const itemType = type === undefined ? undefined : 'array' in type ? type.array : type.embedding;
  // All whole numbers of an array are longs or none is: [1, 2.5] holds doubles.
  const guessed = itemType ?? (value.every((item) => Number.isSafeInteger(item)) ? undefined : 'double');
  const items: ServedScalar[] = [];
  for (const item of value) {
    const scalar = servedScalar(item, itemType ?? (typeof item === 'number' ? guessed : undefined));
    if (scalar === undefined) return err(rule(type));
    items.push(scalar);
  }
  return ok({ array: items });
}

function servedScalar(value: unknown, type: ScalarType | undefined): ServedScalar | undefined {
  const known = type ?? guess(value);
  if (known === undefined) return undefined;
  switch (known) {
    case 'float':
    case 'double': {
      const number = typeof value === 'string' && Object.hasOwn(words, value) ? words[value] : value;
      return typeof number === 'number' ? { double: number } : undefined;
    }
    case 'int':
      return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= INT_LIMIT
        ? { long: BigInt(value) }
        : undefined;
    case 'long':
      return wholeNumber(value);
    case 'timestamp': {
      const instant = typeof value === 'string' ? parseInstant(value) : undefined;
      return instant?.ok === true ? { long: instant.value } : wholeNumber(value);
    }
    case 'bool':
      return typeof value === 'boolean' ? { boolean: value } : undefined;
    case 'string':
      return typeof value === 'string' && value.isWellFormed() ? { string: value } : undefined;
    default:
      return known satisfies never;
  }
}

/** Of a time: microseconds, as the event holds it and the SDK sends what it was served. */
function wholeNumber(value: unknown): ServedScalar | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? { long: BigInt(value) } : undefined;
  if (typeof value !== 'string' || !/^-?\d{1,19}$/.test(value)) return undefined;
  const long = BigInt(value);
  return BigInt.asIntN(64, long) === long ? { long } : undefined;
}

function guess(value: unknown): ScalarType | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'long' : 'double';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : undefined;
}

function rule(type: FeatureType | undefined): string {
  return type === undefined
    ? 'must be null, a boolean, a number, a string, or an array of those'
    : `must be ${describeType(type)}`;
}
