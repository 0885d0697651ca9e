import type { Micros } from '@millrace/kernel';
import type { Recorded } from '../events/recorded.ts';

const POSITION = 8;
const EVENT_ID = 16;
const FLAGS = 32;
const VALUE = 41;

/** The event time of a row as Redis has it. */
export function eventTimeOf(row: Buffer): Micros {
  return BigInt.asIntN(64, row.readBigUInt64BE(0) ^ (1n << 63n));
}

/** Whether a row as Redis has it is that of a record. */
export function isOf(row: Buffer, recorded: Recorded): boolean {
  return (
    row.readBigUInt64BE(POSITION) === recorded.position &&
    eventTimeOf(row) === recorded.eventTime &&
    row.toString('hex', EVENT_ID, FLAGS) === recorded.eventId.replaceAll('-', '') &&
    isDeletion(row) === (recorded.value === null) &&
    (recorded.value === null || row.subarray(VALUE).equals(recorded.bytes))
  );
}

/** A row as it is told in a history. */
export function describeStored(row: Buffer | undefined): string {
  if (row === undefined) return 'nothing';
  const value = isDeletion(row) ? 'a deletion' : row.toString('base64', VALUE);
  return `event ${row.toString('hex', FLAGS - 2, FLAGS)} at ${eventTimeOf(row)} of position ${row.readBigUInt64BE(POSITION)}: ${value}`;
}

/** What a row should be, told as {@link describeStored}. */
export function describeRecorded(recorded: Recorded | undefined): string {
  if (recorded === undefined) return 'nothing';
  const { eventId, eventTime, position, value, bytes } = recorded;
  const text = value === null ? 'a deletion' : bytes.toString('base64');
  return `event ${eventId.slice(-4)} at ${eventTime} of position ${position}: ${text}`;
}

function isDeletion(row: Buffer): boolean {
  return ((row[FLAGS] ?? 0) & 1) === 1;
}
