import {
  describeType,
  type FeatureType,
  type FeatureValue,
  type ScalarType,
} from '@millrace/feature-registry';
import { formatInstant, MillraceError } from '@millrace/kernel';

/** Writes a value that is not null as JSON text. */
export type ValueWriter = (value: FeatureValue) => string;

/**
 * The writer for a type, in the row format: `long` is a number where JSON readers keep it exact and decimal text
 * beyond; a timestamp is ISO 8601; what JSON has no number for is "NaN", "Infinity" or "-Infinity".
 */
export function valueWriter(type: FeatureType): ValueWriter {
  if (typeof type === 'string') return scalarWriters[type];
  const write = scalarWriters['array' in type ? type.array : type.embedding];
  return (value) => (Array.isArray(value) ? `[${value.map(write).join(',')}]` : misfit(type, value));
}

const floating: ValueWriter = (value) => {
  if (typeof value !== 'number') return misfit('double', value);
  if (!Number.isFinite(value)) return `"${value}"`;
  return Object.is(value, -0) ? '-0' : String(value);
};

const scalarWriters: Readonly<Record<ScalarType, ValueWriter>> = {
  float: floating,
  double: floating,
  int: (value) => (typeof value === 'number' ? String(value) : misfit('int', value)),
  long: (value) => (typeof value === 'bigint' ? jsonLong(value) : misfit('long', value)),
  string: (value) => (typeof value === 'string' ? JSON.stringify(value) : misfit('string', value)),
  bool: (value) => (value === true ? 'true' : 'false'),
  timestamp: (value) =>
    typeof value === 'bigint' ? `"${formatInstant(value)}"` : misfit('timestamp', value),
};

const MOST = BigInt(Number.MAX_SAFE_INTEGER);

/** A 64-bit integer: a number up to 2^53 − 1 either way, decimal text beyond. */
export function jsonLong(value: bigint): string {
  return value <= MOST && value >= -MOST ? String(value) : `"${value}"`;
}

function misfit(type: FeatureType, value: FeatureValue): never {
  throw new MillraceError('INTERNAL', `a stored ${describeType(type)} came back as ${typeof value}`);
}
