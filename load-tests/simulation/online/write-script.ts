import type { SimulatedRedis } from './simulated-redis.ts';
import { numberAt } from './values.ts';

interface PackedBucket {
  readonly prefix: string;
  readonly positions: string;
  readonly number: number;
  readonly seen: number;
  readonly complete: boolean;
  readonly rows: Buffer;
}

const HEADER = 15;
const TIME = 0;
const POSITION = 8;
const EVENT_ID = 16;
const FLAGS = 32;
const TIED = 2;

/** Where a row goes. */
export interface RowPlace {
  /** The hash of its entity, and the field in it. */
  readonly key: string;
  readonly view: string;
  /** The hash of the rows that are tied with it. */
  readonly ties: string;
}

/** Puts a row where one is already; says whether another row is the newest now. */
export type PutRow = (redis: SimulatedRedis, place: RowPlace, old: Buffer, row: Buffer) => boolean;

/**
 * Does what the write script does in Lua, on the simulated server.
 *
 * @param put what becomes of a row where one is already.
 */
export function writeRows(
  redis: SimulatedRedis,
  field: string,
  next: string,
  prefix: string,
  packed: Buffer,
  put: PutRow,
): number {
  const buckets = [...bucketsOf(packed, prefix)];
  for (const { positions, seen, number } of buckets) {
    if (numberAt(redis, positions, field) < seen) return -1 - number;
  }
  for (const { positions, complete } of buckets) {
    if (complete && numberAt(redis, positions, field) < Number(next)) redis.set(positions, field, next);
  }
  let changed = 0;
  for (const bucket of buckets) {
    for (const { entity, view, row } of rowsOf(bucket.rows)) {
      if (writeRow(redis, bucket.prefix, entity, view, row, put)) changed += 1;
    }
  }
  return changed;
}

function* bucketsOf(packed: Buffer, name: string): Iterable<PackedBucket> {
  for (let at = 0; at < packed.length; ) {
    const number = packed.readUInt16BE(at);
    const length = packed.readUInt32BE(at + 11);
    const prefix = `${name}:{${number}}:`;
    yield {
      prefix,
      positions: `${prefix}positions`,
      number,
      seen: packed.readDoubleBE(at + 2),
      complete: packed[at + 10] === 1,
      rows: packed.subarray(at + HEADER, at + HEADER + length),
    };
    at += HEADER + length;
  }
}

function* rowsOf(packed: Buffer): Iterable<{ entity: string; view: string; row: Buffer }> {
  for (let at = 0; at < packed.length; ) {
    const entityEnd = at + 2 + packed.readUInt16BE(at);
    const viewEnd = entityEnd + 1 + packed.readUInt8(entityEnd);
    const rowEnd = viewEnd + 4 + packed.readUInt32BE(viewEnd);
    yield {
      entity: packed.toString('latin1', at + 2, entityEnd),
      view: packed.toString('latin1', entityEnd + 1, viewEnd),
      row: Buffer.from(packed.subarray(viewEnd + 4, rowEnd)),
    };
    at = rowEnd;
  }
}

function writeRow(
  redis: SimulatedRedis,
  prefix: string,
  entity: string,
  view: string,
  row: Buffer,
  put: PutRow,
): boolean {
  const place = { key: `${prefix}e:${entity}`, view, ties: `${prefix}t:${view}:${entity}` };
  const old = redis.get(place.key, view);
  if (Buffer.isBuffer(old)) return put(redis, place, old, row);
  redis.set(place.key, view, row);
  redis.set(`${prefix}entities`, entity, '');
  return true;
}

/** The rule: the greatest by event time and position, where the position of an event id is its smallest. */
export const keepNewest: PutRow = (redis, place, old, row) => {
  const { key, view, ties } = place;
  const order = compareTimes(row, old);
  if (order < 0) return false;
  if (order === 0) return tie(redis, place, old, row);
  redis.set(key, view, row);
  if (isTied(old)) redis.deleteAll(ties);
  return true;
};

function tie(redis: SimulatedRedis, { key, view, ties }: RowPlace, old: Buffer, row: Buffer): boolean {
  if (!isTied(old)) {
    if (idOf(row) === idOf(old)) {
      if (comparePositions(row, old) >= 0) return false;
      redis.set(key, view, row);
      return true;
    }
    redis.set(ties, idOf(old), old);
    redis.set(ties, idOf(row), row);
    const wins = comparePositions(row, old) > 0;
    redis.set(key, view, withTies(wins ? row : old));
    return wins;
  }
  const known = redis.get(ties, idOf(row));
  if (Buffer.isBuffer(known) && comparePositions(row, known) >= 0) return false;
  redis.set(ties, idOf(row), row);
  let winner = old;
  if (idOf(row) === idOf(old)) {
    winner = row;
    for (const other of redis.fields(ties).values()) {
      if (Buffer.isBuffer(other) && comparePositions(other, winner) > 0) winner = other;
    }
  } else if (comparePositions(row, old) > 0) {
    winner = row;
  }
  if (winner === old) return false;
  redis.set(key, view, withTies(winner));
  return true;
}

/** Which of two rows has the later event time. */
export function compareTimes(a: Buffer, b: Buffer): number {
  return Buffer.compare(a.subarray(TIME, TIME + 8), b.subarray(TIME, TIME + 8));
}

/** Which of two rows has the greater position. */
export function comparePositions(a: Buffer, b: Buffer): number {
  return Buffer.compare(a.subarray(POSITION, POSITION + 8), b.subarray(POSITION, POSITION + 8));
}

function idOf(row: Buffer): string {
  return row.toString('latin1', EVENT_ID, FLAGS);
}

function isTied(row: Buffer): boolean {
  return (row[FLAGS] ?? 0) >= TIED;
}

function withTies(row: Buffer): Buffer {
  const marked = Buffer.from(row);
  marked[FLAGS] = ((row[FLAGS] ?? 0) % TIED) + TIED;
  return marked;
}
