import type { SimulatedRedis } from './simulated-redis.ts';

/** Where a row has the time of its recording. */
const RECORDED_AT = 33;

/** Does what the script that drops rows of a generation does. */
export function dropRows(
  redis: SimulatedRedis,
  [entitiesKey = '', positions = '']: readonly string[],
  [rows = '', ties = '', field = '', prefix = '', ...entities]: readonly string[],
): number {
  if ([...redis.fields(positions).keys()].some((position) => position.startsWith(prefix))) return -1;
  let dropped = 0;
  for (const entity of entities) {
    if (!redis.delete(rows + entity, field)) continue;
    dropped += 1;
    redis.deleteAll(`${ties}${field}:${entity}`);
    if (redis.fields(rows + entity).size === 0) redis.delete(entitiesKey, entity);
  }
  return dropped;
}

/** The times that a row must be before to be collected, as rows have them. */
export interface Bounds {
  readonly recorded: Buffer;
  readonly happened: Buffer;
}

/** Whether a row is collected. */
export type IsOver = (row: Buffer, bounds: Bounds) => boolean;

/** Recorded and happened long ago. */
export const isOutOfDate: IsOver = (row, { recorded, happened }) =>
  isBefore(row, RECORDED_AT, recorded) && isBefore(row, 0, happened);

/** Does what the script that collects rows does. */
export function collectRows(
  redis: SimulatedRedis,
  entitiesKey: string,
  [rows = '', ties = '', count = '0', ...rest]: readonly string[],
  isOver: IsOver,
): number {
  const bounds = Array.from({ length: Number(count) }, (_, index) => ({
    field: rest[3 * index] ?? '',
    recorded: Buffer.from(rest[3 * index + 1] ?? '', 'latin1'),
    happened: Buffer.from(rest[3 * index + 2] ?? '', 'latin1'),
  }));
  let collected = 0;
  for (const entity of rest.slice(3 * bounds.length)) {
    for (const { field, ...times } of bounds) {
      const row = redis.get(rows + entity, field);
      if (!Buffer.isBuffer(row) || !isOver(row, times)) continue;
      redis.delete(rows + entity, field);
      redis.deleteAll(`${ties}${field}:${entity}`);
      collected += 1;
    }
    if (redis.fields(rows + entity).size === 0) redis.delete(entitiesKey, entity);
  }
  return collected;
}

function isBefore(row: Buffer, at: number, time: Buffer): boolean {
  return Buffer.compare(row.subarray(at, at + 8), time) < 0;
}

/** Does what the script that reads rows does. */
export function readRows(redis: SimulatedRedis, keys: readonly string[], fields: readonly string[]): Buffer {
  const pieces = keys.flatMap((key) =>
    fields.flatMap((field) => {
      const row = Buffer.from(redis.get(key, field) ?? '');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(row.length);
      return [length, row];
    }),
  );
  return Buffer.concat(pieces);
}

/** Does what the script that reads a bucket does. */
export function readBucket(
  redis: SimulatedRedis,
  [positions = '', entities = '']: readonly string[],
  rowPrefix: string,
): unknown {
  const out: unknown[] = [flat(redis, positions)];
  for (const entity of redis.fields(entities).keys()) {
    out.push(Buffer.from(entity, 'latin1'), flat(redis, rowPrefix + entity));
  }
  return out;
}

function flat(redis: SimulatedRedis, key: string): readonly Buffer[] {
  return [...redis.fields(key)].flatMap(([field, value]) => [
    Buffer.from(field, 'latin1'),
    Buffer.from(value),
  ]);
}
