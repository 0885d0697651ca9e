import type { RowBlock } from '@millrace/offline-store';

/** A row as the simulated ClickHouse keeps it. */
export interface StoredRow {
  readonly eventId: string;
  readonly eventTime: bigint;
  readonly partition: number;
  readonly offset: bigint;
  readonly entity: bigint;
  readonly deleted: boolean;
  readonly value: bigint | null;
}

const HEAD = [
  'event_id',
  'event_time',
  'recorded_at',
  'epoch',
  'partition',
  'offset',
  'schema_id',
  'deleted',
  'as_of_key',
];

/** Takes a block of RowBinary apart: rows of one `long` key and one `long` feature. */
export function rowsOf({ columns, body, rows: count }: RowBlock): readonly StoredRow[] {
  const wanted = [...HEAD, 'id', 'value'];
  if (columns.join() !== wanted.join())
    throw new RangeError(`columns ${columns.join()}, not ${wanted.join()}`);
  const bytes = Buffer.concat(body);
  const rows: StoredRow[] = [];
  for (let at = 0; at < bytes.length; ) {
    const isNull = bytes[at + 72] === 1;
    rows.push({
      eventId: uuidAt(bytes, at),
      eventTime: bytes.readBigInt64LE(at + 16),
      partition: bytes.readUInt16LE(at + 33),
      offset: bytes.readBigUInt64LE(at + 35),
      deleted: bytes[at + 47] === 1,
      entity: bytes.readBigInt64LE(at + 64),
      value: isNull ? null : bytes.readBigInt64LE(at + 73),
    });
    at += isNull ? 73 : 81;
  }
  if (rows.length !== count) throw new RangeError(`${rows.length} rows, not ${count}`);
  return rows;
}

/** ClickHouse keeps each half with its bytes reversed. */
function uuidAt(bytes: Buffer, at: number): string {
  const hex =
    bytes.readBigUInt64LE(at).toString(16).padStart(16, '0') +
    bytes
      .readBigUInt64LE(at + 8)
      .toString(16)
      .padStart(16, '0');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
