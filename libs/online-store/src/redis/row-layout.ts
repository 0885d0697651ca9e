import type { EventId, Position } from '@millrace/events';
import { MillraceError, type Micros } from '@millrace/kernel';
import type { StoredRow } from '../port.ts';
import { isUuid } from '../uuid.ts';

const HEADER = 33;
const POSITION = 8;
const EVENT_ID = 16;
const FLAGS = 32;
const DELETED = 1;

/** Bytes that {@link writeRow} takes. */
export function rowLength(row: StoredRow): number {
  return HEADER + (row.value?.length ?? 0);
}

/**
 * Writes a row at an offset, as it stands in Redis: event time (8 bytes, big-endian, biased by 2^63), position
 * (8), event id (16), flags (1), and the framed value. The write script compares the first two as pairs of
 * 32-bit numbers, which Lua holds exactly.
 *
 * @returns the offset after it.
 */
export function writeRow(row: StoredRow, into: Buffer, at: number): number {
  into.writeBigInt64BE(row.eventTime, at);
  // Flipping the sign of two's complement adds 2^63.
  into[at] = (into[at] ?? 0) ^ 0x80;
  into.writeBigUInt64BE(row.position, at + POSITION);
  into.write(row.eventId.replaceAll('-', ''), at + EVENT_ID, 16, 'hex');
  into[at + FLAGS] = row.value === null ? DELETED : 0;
  if (row.value !== null) into.set(row.value, at + HEADER);
  return at + rowLength(row);
}

/** A row as it came from Redis. Its parts are read when they are asked for: most reads want the value only. */
export class PackedRow implements StoredRow {
  readonly #bytes: Buffer;
  #value: Buffer | null | undefined;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get eventTime(): Micros {
    return BigInt.asIntN(64, this.#bytes.readBigUInt64BE(0) ^ (1n << 63n));
  }

  get position(): Position {
    return this.#bytes.readBigUInt64BE(POSITION);
  }

  get eventId(): EventId {
    const hex = this.#bytes.toString('hex', EVENT_ID, FLAGS);
    const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    if (!isUuid(id)) throw new MillraceError('INTERNAL', 'a row in the online store is not in its layout');
    return id;
  }

  get value(): Buffer | null {
    this.#value ??= ((this.#bytes[FLAGS] ?? 0) & DELETED) === 0 ? this.#bytes.subarray(HEADER) : null;
    return this.#value;
  }
}
