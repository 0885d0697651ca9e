import type { ClickHouse } from '../io/stores.ts';
import { identifier, rawTableName } from '@millrace/offline-store';
import type { KeyValue } from '@millrace/events';
import { z } from 'zod';

const recordSchema = z.looseObject({
  event_id: z.string(),
  event_time: z.string(),
  recorded_at: z.string(),
  topic: z.string(),
  epoch: z.coerce.number(),
  partition: z.coerce.number(),
  offset: z.coerce.bigint(),
});

/** A record as the offline store has it, under the name of its table. */
export type OfflineRecord = z.infer<typeof recordSchema> & { readonly table: string };

/** Every record with an event id, in whichever table; copies included. */
export async function recordsOfEvent(client: ClickHouse, eventId: string): Promise<readonly OfflineRecord[]> {
  const tables = await client.query({
    query: `SELECT table FROM system.columns WHERE database = currentDatabase() AND name = 'event_id' AND endsWith(table, '_raw') ORDER BY table`,
    format: 'JSONEachRow',
  });
  const names = z.array(z.object({ table: z.string() })).parse(await tables.json());
  const found = await Promise.all(
    names.map(({ table }) => select(client, table, 'event_id = {id: UUID}', { id: eventId }, 20)),
  );
  return found.flat();
}

/** The newest records of an entity key in a view, by the order of the store. */
export function recordsOfEntity(
  client: ClickHouse,
  view: string,
  key: Readonly<Record<string, KeyValue>>,
  limit: number,
): Promise<readonly OfflineRecord[]> {
  const terms = Object.entries(key).map(
    ([column, value], index) => `${identifier(column)} = {key${index}: ${parameterType(value)}}`,
  );
  const params = Object.fromEntries(
    Object.values(key).map((value, index) => [
      `key${index}`,
      typeof value === 'bigint' ? String(value) : value,
    ]),
  );
  return select(client, rawTableName(view), terms.join(' AND '), params, limit);
}

async function select(
  client: ClickHouse,
  table: string,
  where: string,
  params: Readonly<Record<string, unknown>>,
  limit: number,
): Promise<readonly OfflineRecord[]> {
  const answer = await client.query({
    query: `SELECT * FROM ${identifier(table)} WHERE ${where} ORDER BY event_time DESC, epoch DESC, offset DESC, partition DESC LIMIT ${limit}`,
    query_params: { ...params },
    format: 'JSONEachRow',
  });
  return z
    .array(recordSchema)
    .parse(await answer.json())
    .map((record) => ({ ...record, table }));
}

function parameterType(value: KeyValue): string {
  if (typeof value === 'string') return 'String';
  if (typeof value === 'bigint') return 'Int64';
  return typeof value === 'number' ? 'Int32' : 'Bool';
}
