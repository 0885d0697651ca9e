import type { KeyColumnType, KeyValue, OffsetVector } from '@millrace/events';
import { type Micros, MillraceError, parseInstant } from '@millrace/kernel';
import type { RequestedEntity } from '@millrace/online-store';
import type { CompiledService } from './compiled-service.ts';
import type { Wanted } from './service-cache.ts';

/** A read as it was asked for. Entities are looked at when the service is known. */
export interface OnlineRequest {
  readonly wanted: Wanted;
  readonly entities: readonly unknown[];
  readonly at: Micros | undefined;
  readonly minPositions: OffsetVector | undefined;
  readonly withOrigin: boolean;
}

const FIELDS: ReadonlySet<string> = new Set([
  'service',
  'features',
  'entities',
  'at',
  'minPositions',
  'withOrigin',
]);

/**
 * Reads the body of an online read by hand: this is on the way of every prediction, where a schema library costs
 * as much as the read itself.
 *
 * @throws MillraceError REQUEST_INVALID naming the field.
 */
export function parseOnlineRequest(body: unknown, mostEntities: number): OnlineRequest {
  if (!isObject(body)) throw invalid('the body', 'must be a JSON object');
  for (const field in body) {
    if (!FIELDS.has(field)) throw invalid(field, `is no field of this request (${[...FIELDS].join(', ')})`);
  }
  const { entities, withOrigin = false } = body;
  if (!Array.isArray(entities)) throw invalid('entities', 'must be an array of objects with the key columns');
  if (entities.length > mostEntities) throw invalid('entities', `must not be more than ${mostEntities}`);
  if (typeof withOrigin !== 'boolean') throw invalid('withOrigin', 'must be true or false');
  return {
    wanted: wantedOf(body['service'], body['features']),
    entities,
    at: body['at'] === undefined ? undefined : instantOf(body['at']),
    minPositions: body['minPositions'] === undefined ? undefined : vectorOf(body['minPositions']),
    withOrigin,
  };
}

/** The key columns of an entity in their types. @throws MillraceError KEY_INVALID naming entity and column. */
export function parseEntities(
  entities: readonly unknown[],
  { keyColumns }: CompiledService,
): readonly RequestedEntity[] {
  return entities.map((entity, index) => {
    if (!isObject(entity)) throw invalid(`entities.${index}`, 'must be an object with the key columns');
    const parsed: Record<string, KeyValue | null> = {};
    for (const { column, type } of keyColumns) {
      const value = entity[column];
      const key = value === null ? null : keyValue(value, type);
      if (key === undefined) {
        const path = `entities.${index}.${column}`;
        const problem = value === undefined ? 'is missing' : `must be ${expectations[type]}`;
        throw new MillraceError('KEY_INVALID', `${path} ${problem}`, { details: { path } });
      }
      parsed[column] = key;
    }
    return parsed;
  });
}

const expectations: Readonly<Record<KeyColumnType, string>> = {
  string: 'text',
  int: 'a whole number of 32 bits',
  long: 'a whole number of 64 bits, beyond 2^53 as text',
  bool: 'true or false',
};

function keyValue(value: unknown, type: KeyColumnType): KeyValue | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'bool':
      return typeof value === 'boolean' ? value : undefined;
    case 'int':
      return typeof value === 'number' && (value | 0) === value ? value : undefined;
    case 'long':
      return longOf(value);
    default:
      return type satisfies never;
  }
}

function longOf(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (typeof value !== 'string' || !/^-?\d{1,19}$/.test(value)) return undefined;
  const long = BigInt(value);
  return BigInt.asIntN(64, long) === long ? long : undefined;
}

function wantedOf(service: unknown, features: unknown): Wanted {
  if (service !== undefined && features !== undefined)
    throw invalid('features', 'cannot stand beside service');
  if (typeof service === 'string') return { service };
  if (service !== undefined) throw invalid('service', 'must be the name of a feature service');
  if (Array.isArray(features) && features.length > 0 && features.every((name) => typeof name === 'string')) {
    return { features };
  }
  throw invalid('features', 'must be names such as view__feature, or name a service instead');
}

function instantOf(at: unknown): Micros {
  const parsed = typeof at === 'string' ? parseInstant(at) : undefined;
  if (parsed?.ok === true) return parsed.value;
  throw new MillraceError(
    'TIME_INVALID',
    `at ${parsed?.error ?? 'must be an ISO 8601 time such as 2001-01-31T13:45:00Z'}`,
  );
}

/** Offsets by topic and partition; an offset beyond 2^53 comes as text. */
function vectorOf(vector: unknown): OffsetVector {
  if (!isObject(vector)) throw invalid('minPositions', 'must be offsets by topic and partition');
  return Object.fromEntries(
    Object.entries(vector).map(([topic, partitions]) => {
      if (!isObject(partitions)) throw invalid(`minPositions.${topic}`, 'must be offsets by partition');
      const offsets = Object.entries(partitions).map(([partition, offset]): [string, bigint] => {
        const exact = typeof offset === 'number' ? Number.isSafeInteger(offset) : typeof offset === 'string';
        if (!/^\d{1,5}$/.test(partition) || !exact || !/^\d{1,13}$/.test(String(offset))) {
          throw invalid(`minPositions.${topic}.${partition}`, 'must be the offset of a partition');
        }
        return [partition, BigInt(String(offset))];
      });
      return [topic, Object.fromEntries(offsets)];
    }),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(path: string, problem: string): MillraceError {
  return new MillraceError('REQUEST_INVALID', `${path} ${problem}`, { details: { path } });
}
