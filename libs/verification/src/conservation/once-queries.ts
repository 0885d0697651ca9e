import type { ClickHouseClient } from '@clickhouse/client';
import { identifier } from '@millrace/offline-store';
import { z } from 'zod';
import type { KeptTopic, StoredTopic } from '../kept-topics.ts';
import { rowsOf } from '../query.ts';

const countsSchema = z.object({ seen: z.coerce.number(), distinct: z.coerce.number() });
const eventSchema = z.object({
  event_id: z.string(),
  seen: z.coerce.number(),
  first_partition: z.number(),
  first_offset: z.coerce.bigint(),
});

/** An event that a view shows more than once, or never. */
export type MiscountedEvent = z.output<typeof eventSchema>;

/** Events in a part of all event ids: sets of ids of a whole table would take too much memory. */
function part(parts: number, index: number): string {
  return parts === 1 ? '1' : `cityHash64(event_id) % ${parts} = ${index}`;
}

/** How many rows a view shows of a part of the event ids, and how many ids those are. */
export async function countSeen(client: ClickHouseClient, { view }: KeptTopic, parts: number, index: number) {
  const [counts] = await rowsOf(
    client,
    `the events that ${view} shows`,
    countsSchema,
    `SELECT count() AS seen, uniqExact(event_id) AS distinct FROM ${identifier(view)} WHERE ${part(parts, index)}`,
  );
  return counts ?? { seen: 0, distinct: 0 };
}

/** Events that a view shows several times. */
export function seenTwice(
  client: ClickHouseClient,
  { view }: KeptTopic,
  parts: number,
  index: number,
): Promise<readonly MiscountedEvent[]> {
  return rowsOf(
    client,
    `the events that ${view} shows twice`,
    eventSchema,
    `SELECT event_id, count() AS seen, toUInt16(argMin(partition, offset)) AS first_partition, min(offset) AS first_offset
     FROM ${identifier(view)} WHERE ${part(parts, index)} GROUP BY event_id HAVING seen > 1 ORDER BY event_id`,
  );
}

/** Events of some known records that a view does not show. */
export function neverSeen(
  client: ClickHouseClient,
  { view, table }: StoredTopic,
  known: string,
  parts: number,
  index: number,
): Promise<readonly MiscountedEvent[]> {
  const inPart = part(parts, index);
  return rowsOf(
    client,
    `the events that ${view} does not show`,
    eventSchema,
    `SELECT event_id, 0 AS seen, toUInt16(argMin(partition, offset)) AS first_partition, min(offset) AS first_offset
     FROM ${identifier(table)} WHERE ${known} AND ${inPart}
       AND event_id NOT IN (SELECT event_id FROM ${identifier(view)} WHERE ${inPart})
     GROUP BY event_id ORDER BY event_id`,
  );
}

const distinctSchema = z.object({ distinct: z.coerce.number() });

/** Event ids in the table behind a view. */
export async function distinctEvents(
  client: ClickHouseClient,
  { table }: StoredTopic,
  parts: number,
  index: number,
): Promise<number> {
  const [counted] = await rowsOf(
    client,
    `the events in ${table}`,
    distinctSchema,
    `SELECT uniqExact(event_id) AS distinct FROM ${identifier(table)} WHERE ${part(parts, index)}`,
  );
  return counted?.distinct ?? 0;
}

const rowsSchema = z.object({ rows: z.coerce.number() });

/** Rows of a table, records that were stored twice included. */
export async function rowCount(client: ClickHouseClient, table: string): Promise<number> {
  const [counted] = await rowsOf(
    client,
    `the rows of ${table}`,
    rowsSchema,
    `SELECT count() AS rows FROM ${identifier(table)}`,
  );
  return counted?.rows ?? 0;
}
