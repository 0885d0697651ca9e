import { bucketOf } from '../bucket.ts';
import type { OnlineRow } from '../port.ts';
import { rowLength, writeRow } from './row-layout.ts';

const SEPARATOR = ':'.charCodeAt(0);
/** A script holds up the server while it runs: about a millisecond for this many rows. */
const MAX_ROWS = 500;
const MAX_BYTES = 1 << 20;

/**
 * Sorts rows into their buckets. Of the rows of one view and entity key only those at the latest event time of
 * the batch are left, since no other can win; a batch with hot entities shrinks a lot.
 */
export function byBucket(rows: readonly OnlineRow[]): ReadonlyMap<number, readonly OnlineRow[]> {
  const buckets = new Map<number, OnlineRow[]>();
  for (const byKey of latestRows(rows)) {
    for (const tied of byKey.values()) {
      const number = bucketOf(tied[0].key);
      const bucket = buckets.get(number);
      if (bucket === undefined) buckets.set(number, tied);
      else for (const row of tied) bucket.push(row);
    }
  }
  return buckets;
}

type TiedRows = [OnlineRow, ...OnlineRow[]];

/** For each view and entity, by key, the rows at the latest event time. */
function latestRows(rows: readonly OnlineRow[]): Iterable<ReadonlyMap<string, TiedRows>> {
  const latest = new Map<string, Map<string, TiedRows>>();
  let byKey = new Map<string, TiedRows>();
  let last: OnlineRow | undefined;
  for (const row of rows) {
    // A batch is of one view nearly always: looking its map up for every row would cost as much as the rest.
    if (row.view !== last?.view || row.entity !== last.entity) {
      const kind = `${row.view}:${row.entity}`;
      byKey = latest.get(kind) ?? new Map();
      latest.set(kind, byKey);
    }
    last = row;
    const key = row.key.toString('latin1');
    const tied = byKey.get(key);
    if (tied === undefined || row.eventTime > tied[0].eventTime) byKey.set(key, [row]);
    else if (row.eventTime === tied[0].eventTime) tied.push(row);
  }
  return latest.values();
}

/** Packs rows of one bucket for the write script, into as many pieces as its limits ask for; at least one. */
export function packRows(rows: readonly OnlineRow[]): readonly Buffer[] {
  const pieces: Buffer[] = [];
  let from = 0;
  while (from < rows.length) {
    let bytes = 0;
    let to = from;
    for (; to < rows.length && to - from < MAX_ROWS && bytes < MAX_BYTES; to++) {
      const row = rows[to];
      if (row !== undefined) bytes += packedLength(row);
    }
    pieces.push(pack(rows, from, to, bytes));
    from = to;
  }
  return pieces;
}

function packedLength(row: OnlineRow): number {
  return 2 + row.entity.length + 1 + row.key.length + 1 + row.view.length + 4 + rowLength(row);
}

function pack(rows: readonly OnlineRow[], from: number, to: number, bytes: number): Buffer {
  const packed = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (let index = from; index < to; index++) {
    const row = rows[index];
    if (row === undefined) continue;
    at = packed.writeUInt16BE(row.entity.length + 1 + row.key.length, at);
    at += packed.write(row.entity, at, 'latin1');
    at = packed.writeUInt8(SEPARATOR, at);
    packed.set(row.key, at);
    at += row.key.length;
    at = packed.writeUInt8(row.view.length, at);
    at += packed.write(row.view, at, 'latin1');
    at = packed.writeUInt32BE(rowLength(row), at);
    at = writeRow(row, packed, at);
  }
  return packed;
}
