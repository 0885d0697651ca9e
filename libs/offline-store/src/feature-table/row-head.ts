import type { AvroReader } from '@millrace/events/avro-bytes';
import { MillraceError } from '@millrace/kernel';
import type { RowWriter } from '../row-binary/row-writer.ts';

/** Where a record stands, as far as its row keeps it. */
export interface RecordPlace {
  readonly epoch: number;
  readonly partition: number;
  readonly offset: bigint;
  /** Microseconds. */
  readonly recordedAt: bigint;
}

/** Bytes of the head of a row: the columns of `headColumns` in their order, all of a fixed size. */
export const HEAD_SIZE = 64;

const EVENT_TIME = 16;
const RECORDED_AT = 24;
const EPOCH = 32;
const PARTITION = 33;
const OFFSET = 35;
const SCHEMA_ID = 43;
const DELETED = 47;
const AS_OF_KEY = 48;

/** Fills in what is known before the record is read. */
export function writePlace(writer: RowWriter, head: number, place: RecordPlace, schemaId: number): void {
  writer.i64At(head + RECORDED_AT, millisOf(place.recordedAt));
  writer.u8At(head + EPOCH, place.epoch);
  writer.u16At(head + PARTITION, place.partition);
  // An offset has 40 bits, and so is exact as a number.
  const offset = Number(place.offset);
  const high = Math.floor(offset / 2 ** 32);
  writer.i32At(head + OFFSET, offset | 0);
  writer.i32At(head + OFFSET + 4, high);
  writer.i32At(head + SCHEMA_ID, schemaId);
  writer.u8At(head + DELETED, 0);
  writer.u16At(head + AS_OF_KEY, place.partition);
  writer.i32At(head + AS_OF_KEY + 2, offset | 0);
  writer.u8At(head + AS_OF_KEY + 6, high);
  writer.u8At(head + AS_OF_KEY + 7, place.epoch);
}

let lastMicros = 0n;
let lastMillis = 0n;

/** Most records were recorded when the one before was. */
function millisOf(micros: bigint): bigint {
  if (micros !== lastMicros) {
    lastMicros = micros;
    lastMillis = micros / 1000n;
  }
  return lastMillis;
}

/** Fills in the event time from the last long that was read, and with it the upper half of `as_of_key`. */
export function writeEventTime(writer: RowWriter, head: number, low: number, high: number): void {
  writer.i32At(head + EVENT_TIME, low);
  writer.i32At(head + EVENT_TIME + 4, high);
  writer.i32At(head + AS_OF_KEY + 8, low);
  // The bias of 2^63: instants before 1970 sort before those after.
  writer.i32At(head + AS_OF_KEY + 12, high ^ 0x80000000);
}

/** The event time that was filled in. */
export function eventTimeOf(writer: RowWriter, head: number): bigint {
  return writer.i64Of(head + EVENT_TIME);
}

/** Marks the row as a deletion. */
export function writeDeleted(writer: RowWriter, head: number): void {
  writer.u8At(head + DELETED, 1);
}

/** Reads a UUID in text and fills it in; ClickHouse keeps each half with its bytes reversed. */
export function writeEventId(writer: RowWriter, head: number, reader: AvroReader): void {
  const from = reader.text();
  if (reader.at - from !== 36) notUuid();
  let at = from;
  for (let i = 0; i < 16; i += 1) {
    if (i === 4 || i === 6 || i === 8 || i === 10) {
      if (reader.bytes[at] !== DASH) notUuid();
      at += 1;
    }
    const high = nibbles[reader.bytes[at] ?? 0] ?? 16;
    const low = nibbles[reader.bytes[at + 1] ?? 0] ?? 16;
    if (high > 15 || low > 15) notUuid();
    writer.u8At(head + (i < 8 ? 7 - i : 23 - i), (high << 4) | low);
    at += 2;
  }
}

const DASH = 0x2d;

const nibbles = new Uint8Array(256).fill(16);
'0123456789abcdef'.split('').forEach((digit, value) => {
  nibbles[digit.charCodeAt(0)] = value;
  nibbles[digit.toUpperCase().charCodeAt(0)] = value;
});

function notUuid(): never {
  throw new MillraceError('VALUE_INVALID', 'envelope.eventId is not a UUID', {
    details: { field: 'envelope.eventId' },
  });
}
