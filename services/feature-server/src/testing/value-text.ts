import type { FeatureType, FeatureValue, ScalarType } from '@millrace/feature-registry';
import { formatInstant } from '@millrace/kernel';
import { jsonLong } from '../online/entity-text.ts';

/** A value that is not null as JSON in the row format. */
export function valueText(type: FeatureType, value: FeatureValue): string {
  if (typeof type === 'string') return scalarText(type, value);
  const item = 'array' in type ? type.array : type.embedding;
  if (!Array.isArray(value)) throw new TypeError('not an array');
  return `[${value.map((one: FeatureValue) => scalarText(item, one)).join(',')}]`;
}

function scalarText(type: ScalarType, value: FeatureValue): string {
  if (typeof value === 'bigint') return type === 'timestamp' ? `"${formatInstant(value)}"` : jsonLong(value);
  if (typeof value !== 'number') return JSON.stringify(value);
  if (!Number.isFinite(value)) return `"${value}"`;
  return Object.is(value, -0) ? '-0' : String(value);
}
