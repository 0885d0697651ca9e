import { createHash } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import { formatInstant } from '@millrace/kernel';
import { z } from 'zod';
import { identifier, literal } from '../clickhouse/sql.ts';
import { joinSettings, type PointInTimeJoin, pointInTimeSelect, ROW_COLUMN } from '../point-in-time/query.ts';
import type { SnapshotManifest } from './manifest.ts';

/** A column of a result. */
export interface ResultColumn {
  readonly name: string;
  readonly type: string;
}

/** What is said about the contents of a snapshot, and computed again to verify it. */
export type SnapshotContent = Pick<
  SnapshotManifest,
  'rowCount' | 'columns' | 'contentHash' | 'timeBounds'
> & {
  readonly spineHash: string;
};

const described = z.array(z.object({ name: z.string(), type: z.string() }));
const summed = z.object({
  rows: z.coerce.number(),
  content: z.string(),
  spine: z.string(),
  first: z.coerce.bigint(),
  last: z.coerce.bigint(),
});

/**
 * Reads every value of a snapshot in ClickHouse and sums it up. Each row is hashed with its number, the hashes are
 * added up (so that threads may take the rows in any order), and the types of the columns go into the last hash.
 * It finds what changed, not what someone made to collide: a cryptographic hash takes several times the join's time.
 */
export async function contentOf(client: ClickHouseClient, join: PointInTimeJoin): Promise<SnapshotContent> {
  const select = pointInTimeSelect(join, [`s.${ROW_COLUMN} AS ${ROW_COLUMN}`]);
  const description = await client.query({
    query: `DESCRIBE (${select} SETTINGS ${joinSettings})`,
    format: 'JSONEachRow',
  });
  const columns = described.parse(await description.json()).filter(({ name }) => name !== ROW_COLUMN);
  const spine = columns.slice(0, join.spine.columns.length);
  const micros = `toUnixTimestamp64Micro(${identifier(join.spine.timeColumn)})`;
  const answer = await client.query({
    query: `SELECT count() AS rows, ${hashOf(columns)} AS content, ${hashOf(spine)} AS spine,
              toString(min(${micros})) AS first, toString(max(${micros})) AS last
            FROM (${select}) SETTINGS ${joinSettings}`,
    format: 'JSONEachRow',
  });
  const [sums] = z.array(summed).parse(await answer.json());
  const { rows, content, spine: spineSum, first, last } = summed.parse(sums);
  return {
    rowCount: rows,
    columns,
    contentHash: finish(columns, rows, content),
    spineHash: finish(spine, rows, spineSum),
    timeBounds: rows === 0 ? null : { from: formatInstant(first), until: formatInstant(last) },
  };
}

function finish(columns: readonly ResultColumn[], rows: number, sum: string): string {
  return createHash('sha256').update(JSON.stringify({ columns, rows, sum })).digest('hex');
}

/** Two hashes of 64 bits by different functions. Their sums wrap around at 64 bits, which loses nothing. */
function hashOf(columns: readonly ResultColumn[]): string {
  const parts = [ROW_COLUMN, ...columns.flatMap(canonical)].join(', ');
  return `concat(toString(sum(cityHash64(${parts}))), '-', toString(sum(xxHash64(${parts}))))`;
}

/** A value as bits that are equal exactly when the values are: a marker for null, one NaN, and −0.0 is not 0.0. */
function canonical({ name, type }: ResultColumn): string[] {
  const column = identifier(name);
  const item = /^Array\((.*)\)$/.exec(type)?.[1];
  if (item !== undefined) {
    const marker = item.startsWith('Nullable') ? [`arrayMap(x -> isNull(x), ${column})`] : [];
    return [`length(${column})`, ...marker, `arrayMap(x -> ${canonicalValue('x', item)}, ${column})`];
  }
  const value = canonicalValue(column, type);
  return type.startsWith('Nullable') ? [`isNull(${column})`, value] : [value];
}

function canonicalValue(value: string, type: string): string {
  const plain = /^Nullable\((.*)\)$/.exec(type)?.[1];
  if (plain === undefined) return bitsOf(value, type);
  // What stands in memory where a null is must not count.
  return bitsOf(`ifNull(${value}, defaultValueOfTypeName(${literal(plain)}))`, plain);
}

function bitsOf(value: string, type: string): string {
  if (type === 'Float64') return `reinterpretAsUInt64(if(isNaN(${value}), nan, ${value}))`;
  if (type === 'Float32') return `reinterpretAsUInt32(if(isNaN(${value}), toFloat32(nan), ${value}))`;
  return value;
}
