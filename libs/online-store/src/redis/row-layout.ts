import { type EventId, isUuid, type Position } from '@millrace/events';
import { MillraceError, type Micros } from '@millrace/kernel';
import type { StoredRow } from '../port.ts';

const POSITION = 8;
const EVENT_ID = 16;
const FLAGS = 32;
const RECORDED_AT = 33;
const HEADER = 41;
const DELETED = 1;

/** Bytes that {@link writeRow} takes. */
export function rowLength(row: StoredRow): number {
  return HEADER + (row.value?.length ?? 0);
}

/**
 * Writes a row at an offset, as it stands in Redis: event time (8 bytes, big-endian, biased by 2^63), position
 * (8), event id (16), flags (1), time of recording (as the event time), and the framed value. Scripts compare times
 * and positions as pairs of 32-bit numbers, which Lua holds exactly.
 *
 * @param view of the same bytes: a Buffer's own writers of 64 bits are several times slower.
 * @returns the offset after it.
 */
export function writeRow(row: StoredRow, into: Buffer, view: DataView, at: number): number {
  writeTime(row.eventTime, into, view, at);
  view.setBigUint64(at + POSITION, row.position);
  writeUuid(row.eventId, into, at + EVENT_ID);
  into[at + FLAGS] = row.value === null ? DELETED : 0;
  writeTime(row.recordedAt, into, view, at + RECORDED_AT);
  if (row.value !== null) into.set(row.value, at + HEADER);
  return at + rowLength(row);
}

/** Writes a time as rows have it: its order is that of the bytes. */
export function writeTime(time: Micros, into: Buffer, view: DataView, at: number): void {
  view.setBigInt64(at, time);
  // Flipping the sign of two's complement adds 2^63.
  into[at] = (into[at] ?? 0) ^ 0x80;
}

/** Digits without making a string of them: an event id is written for every row. */
function writeUuid(uuid: EventId, into: Buffer, start: number): void {
  let at = start;
  for (let index = 0; index < 36; index += 2) {
    if (index === 8 || index === 13 || index === 18 || index === 23) index++;
    into[at++] = (nibble(uuid.charCodeAt(index)) << 4) | nibble(uuid.charCodeAt(index + 1));
  }
}

/** Of a digit in lower case. */
function nibble(code: number): number {
  return code > 0x39 ? code - 0x57 : code - 0x30;
}

/** A row as it came from Redis. Its parts are read when they are asked for: most reads want the value only. */
export class PackedRow implements StoredRow {
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  #value: Buffer | null | undefined;

  /** A row that is part of a longer reply, or all of it. */
  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  get eventTime(): Micros {
    return this.#time(0);
  }

  get recordedAt(): Micros {
    return this.#time(RECORDED_AT);
  }

  get position(): Position {
    return this.#bytes.readBigUInt64BE(this.#start + POSITION);
  }

  get eventId(): EventId {
    const hex = this.#bytes.toString('hex', this.#start + EVENT_ID, this.#start + FLAGS);
    const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    if (!isUuid(id)) throw new MillraceError('INTERNAL', 'a row in the online store is not in its layout');
    return id;
  }

  get value(): Buffer | null {
    if (this.#value === undefined) {
      const isDeleted = ((this.#bytes[this.#start + FLAGS] ?? 0) & DELETED) !== 0;
      this.#value = isDeleted ? null : this.#bytes.subarray(this.#start + HEADER, this.#end);
    }
    return this.#value;
  }

  #time(at: number): Micros {
    return BigInt.asIntN(64, this.#bytes.readBigUInt64BE(this.#start + at) ^ (1n << 63n));
  }
}
