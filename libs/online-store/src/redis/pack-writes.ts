import { physicalName } from '../generation-names.ts';
import type { OnlineRow } from '../port.ts';
import { rowLength, writeRow } from './row-layout.ts';
import { byBucket } from './winners.ts';

const SEPARATOR = ':'.charCodeAt(0);
/** A script holds up the server while it runs: well under a millisecond for this many rows. */
const MAX_ROWS = 128;
const MAX_BYTES = 1 << 20;
const BUCKET_HEADER = 15;

/** Rows of one bucket that are written by one call. */
interface Part {
  readonly bucket: number;
  readonly rows: readonly OnlineRow[];
  readonly bytes: number;
  /** Whether the bucket has all of the batch once these are written. */
  readonly complete: boolean;
}

/** What one call of the write script writes. */
export interface PackedWrite {
  readonly buckets: readonly number[];
  readonly packed: Buffer;
}

/** The calls that write a batch. */
export interface PackedBatch {
  /** First parts of buckets with many rows; they have to be in before any of the others is sent. */
  readonly leading: readonly PackedWrite[];
  /** After these the buckets have the batch. */
  readonly completing: readonly PackedWrite[];
}

/**
 * Packs a batch for the write script, into as many calls as its limits ask for.
 *
 * @param seen the position that the writer last saw in a bucket.
 * @param generation into which they are written.
 * @param manyBuckets whether a call may have several buckets: not on a cluster.
 * @param buckets how many the store has.
 */
export function packWrites(
  rows: readonly OnlineRow[],
  generation: number,
  seen: (bucket: number) => number,
  manyBuckets: boolean,
  buckets: number,
): PackedBatch {
  const suffix = physicalName('', generation);
  const leading: PackedWrite[] = [];
  const completing: PackedWrite[] = [];
  let open: Part[] = [];
  let openRows = 0;
  let openBytes = 0;

  function close(): void {
    if (open.length > 0) completing.push(packParts(open, suffix, seen));
    open = [];
    openRows = 0;
    openBytes = 0;
  }

  for (const part of partsOf(rows, suffix.length, buckets)) {
    if (!part.complete) {
      leading.push(packParts([part], suffix, seen));
      continue;
    }
    const full = openRows + part.rows.length > MAX_ROWS || openBytes + part.bytes > MAX_BYTES;
    if (full || !manyBuckets) close();
    open.push(part);
    openRows += part.rows.length;
    openBytes += part.bytes;
  }
  close();
  return { leading, completing };
}

function* partsOf(batch: readonly OnlineRow[], suffix: number, buckets: number): Iterable<Part> {
  const { rows, starts } = byBucket(batch, buckets);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const end = starts[bucket + 1] ?? 0;
    for (let from = starts[bucket] ?? 0; from < end; ) {
      let bytes = 0;
      let to = from;
      for (; to < end && to - from < MAX_ROWS && bytes < MAX_BYTES; to++)
        bytes += packedLength(rows[to], suffix);
      yield { bucket, rows: rows.slice(from, to), bytes, complete: to === end };
      from = to;
    }
  }
}

function packedLength(row: OnlineRow | undefined, suffix: number): number {
  if (row === undefined) return 0;
  return 2 + row.entity.length + 1 + row.key.length + 1 + row.view.length + suffix + 4 + rowLength(row);
}

function packParts(parts: readonly Part[], suffix: string, seen: (bucket: number) => number): PackedWrite {
  const bytes = parts.reduce((sum, part) => sum + BUCKET_HEADER + part.bytes, 0);
  const packed = Buffer.allocUnsafe(bytes);
  const view = new DataView(packed.buffer, packed.byteOffset, bytes);
  let at = 0;
  for (const part of parts) {
    view.setUint16(at, part.bucket);
    // Offsets have 40 bits: exact in a double, which is what Lua compares.
    view.setFloat64(at + 2, seen(part.bucket));
    view.setUint8(at + 10, part.complete ? 1 : 0);
    view.setUint32(at + 11, part.bytes);
    at += BUCKET_HEADER;
    for (const row of part.rows) at = packRow(row, suffix, packed, view, at);
  }
  return { buckets: parts.map(({ bucket }) => bucket), packed };
}

function packRow(row: OnlineRow, suffix: string, into: Buffer, bytes: DataView, start: number): number {
  const { entity, key, view } = row;
  bytes.setUint16(start, entity.length + 1 + key.length);
  let at = start + 2;
  at += into.write(entity, at, 'latin1');
  into[at] = SEPARATOR;
  into.set(key, at + 1);
  at += 1 + key.length;
  into[at] = view.length + suffix.length;
  at += 1 + into.write(view, at + 1, 'latin1');
  if (suffix !== '') at += into.write(suffix, at, 'latin1');
  bytes.setUint32(at, rowLength(row));
  return writeRow(row, into, bytes, at + 4);
}
