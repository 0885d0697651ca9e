import type { RegisteredView } from '@millrace/feature-registry';
import { identifier, laterCopies } from '@millrace/offline-store';
import type { FormatColumn } from '../row-binary/row-format.ts';
import type { BucketChunk } from './bucket-chunk.ts';
import { bucketInSql, keyInSql } from './key-in-sql.ts';

/** The column with the record key in the answer of {@link newestRowsQuery}. */
export const KEY_COLUMN = '__key';

/** The columns of that answer. */
export function newestRowsColumns(table: readonly FormatColumn[]): readonly FormatColumn[] {
  return [...table, { name: KEY_COLUMN, type: 'String' }];
}

/**
 * The point-in-time rule without a time and without a TTL: for each entity key in the buckets of a chunk, of the
 * records that its bucket knows, copies left out, the greatest by event time and position. A record that was stored
 * twice comes twice.
 *
 * @param rows the table with the view's records, whose columns are `table`.
 */
export function newestRowsQuery(
  view: RegisteredView,
  rows: string,
  table: readonly FormatColumn[],
  chunk: BucketChunk,
): string {
  const name = identifier(rows);
  const columns = table.map((column) => identifier(column.name)).join(', ');
  const keys = Object.keys(view.entity.keys).map(identifier).join(', ');
  const key = keyInSql(view.entity.keys);
  const placed = `(SELECT ${keys}, event_id, epoch, partition, offset, as_of_key, ${bucketInSql(key)} AS __bucket FROM ${name})`;
  const known = knownToBuckets(view, chunk);
  const once = `as_of_key NOT IN (${laterCopies(placed, known)})`;
  return [
    `SELECT ${columns}, ${key} AS ${KEY_COLUMN} FROM ${name}`,
    `WHERE (${keys}, as_of_key) IN (`,
    `SELECT ${keys}, max(as_of_key) FROM ${placed} WHERE ${known} AND ${once} GROUP BY ${keys})`,
  ].join('\n');
}

/** The condition for records that the bucket of their entity key knows. */
function knownToBuckets({ topic, epoch }: RegisteredView, chunk: BucketChunk): string {
  const { from, to } = chunk;
  const partitions = chunk.partitionsOf(topic);
  const inChunk = `__bucket BETWEEN ${from} AND ${to}`;
  if (partitions === 0) return epoch === 0 ? '0' : `(${inChunk} AND epoch < ${epoch})`;
  const next: bigint[] = [];
  for (let bucket = from; bucket <= to; bucket += 1) {
    for (let partition = 0; partition < partitions; partition += 1)
      next.push(chunk.next(bucket, topic, partition));
  }
  const at = `toUInt32(__bucket - ${from}) * ${partitions} + partition + 1`;
  const current = `epoch = ${epoch} AND partition < ${partitions} AND offset < [${next.join(',')}][${at}]`;
  return `(${inChunk} AND ${epoch === 0 ? current : `(epoch < ${epoch} OR (${current}))`})`;
}
