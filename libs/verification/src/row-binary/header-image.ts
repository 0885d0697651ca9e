import { asOfKey, unpackPosition } from '@millrace/events';
import { MillraceError } from '@millrace/kernel';
import { RowWriter } from '@millrace/offline-store';
import type { OnlineRow } from '@millrace/online-store';
import { RowFormat } from './row-format.ts';
import type { RowImage } from './view-images.ts';

const format = new RowFormat([
  { name: 'event_id', type: 'UUID' },
  { name: 'event_time', type: "DateTime64(6, 'UTC')" },
  { name: 'recorded_at', type: "DateTime64(3, 'UTC')" },
  { name: 'epoch', type: 'UInt8' },
  { name: 'partition', type: 'UInt16' },
  { name: 'offset', type: 'UInt64' },
  { name: 'deleted', type: 'Bool' },
  { name: 'as_of_key', type: 'UInt128' },
]);

/** The columns of {@link headerImage}. */
export const headerColumns: ReadonlySet<string> = new Set(format.columns.map(({ name }) => name));

/** What the online store keeps beside the value of a row, as a row of the offline store. */
export function headerImage({ eventTime, recordedAt, position, eventId, value }: OnlineRow): RowImage {
  const { epoch, partition, offset } = unpackPosition(position);
  const writer = new RowWriter(64);
  const digits = eventId.replaceAll('-', '');
  writer.u64(BigInt(`0x${digits.slice(0, 16)}`));
  writer.u64(BigInt(`0x${digits.slice(16)}`));
  writer.i64(eventTime);
  writer.i64(recordedAt / 1000n);
  writer.u8(epoch);
  writer.u16(partition);
  writer.u64(offset);
  writer.u8(value === null ? 1 : 0);
  const key = BigInt.asUintN(128, asOfKey(eventTime, position));
  writer.u64(BigInt.asUintN(64, key));
  writer.u64(key >> 64n);
  const row = format.rowAt(writer.toBuffer(), 0);
  if (row === undefined) throw new MillraceError('INTERNAL', 'a row was not written to its end');
  return { ...row, format };
}
