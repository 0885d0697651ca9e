import type { FeatureType, ScalarType } from '@millrace/feature-registry';
import { formatInstant, MillraceError, parseInstant } from '@millrace/kernel';

/** A value as JSON carries it: longs beyond 2^53 as text, NaN and infinities as words, times in ISO 8601. */
export function toJson(value: unknown, type?: FeatureType): unknown {
  if (typeof value === 'bigint') {
    if (type === 'timestamp' || isArrayOf(type, 'timestamp')) return formatInstant(value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => toJson(item, type));
  if (value instanceof Float32Array || value instanceof Float64Array)
    return Array.from(value, (item) => toJson(item));
  return value;
}

/**
 * A value of a feature as it is in TypeScript: longs and times (in microseconds) as bigints.
 *
 * @throws MillraceError VALUE_INVALID when the server's answer does not fit the definition at hand.
 */
export function fromJson(value: unknown, type: FeatureType): unknown {
  if (value === null || value === undefined) return null;
  if (typeof type === 'string') return scalarFromJson(value, type);
  const item = 'array' in type ? type.array : type.embedding;
  if (!Array.isArray(value)) return misfit(value, 'array');
  return value.map((member) => scalarFromJson(member, item));
}

const words: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity };

function scalarFromJson(value: unknown, type: ScalarType): unknown {
  switch (type) {
    case 'double':
    case 'float':
      if (typeof value === 'string' && Object.hasOwn(words, value)) return words[value];
      return typeof value === 'number' ? value : misfit(value, type);
    case 'int':
      return typeof value === 'number' ? value : misfit(value, type);
    case 'long':
      return (typeof value === 'number' && Number.isSafeInteger(value)) ||
        (typeof value === 'string' && /^-?\d+$/.test(value))
        ? BigInt(value)
        : misfit(value, type);
    case 'timestamp': {
      const instant = typeof value === 'string' ? parseInstant(value) : undefined;
      return instant?.ok === true ? instant.value : misfit(value, type);
    }
    case 'bool':
      return typeof value === 'boolean' ? value : misfit(value, type);
    case 'string':
      return typeof value === 'string' ? value : misfit(value, type);
    default:
      return type satisfies never;
  }
}

function isArrayOf(type: FeatureType | undefined, item: ScalarType): boolean {
  return typeof type === 'object' && 'array' in type && type.array === item;
}

function misfit(value: unknown, type: string): never {
  throw new MillraceError(
    'VALUE_INVALID',
    `the server answered ${JSON.stringify(value)} where the definition says ${type}: is it the one that is registered?`,
  );
}
