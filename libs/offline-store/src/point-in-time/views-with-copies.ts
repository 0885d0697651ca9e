import type { ClickHouseClient } from '@clickhouse/client';
import type { OffsetVector } from '@millrace/events';
import { z } from 'zod';
import { identifier } from '../clickhouse/sql.ts';
import { laterCopies } from '../clickhouse/table.ts';
import type { JoinView } from './join-view.ts';
import { knownRecords } from './query.ts';

const found = z.array(z.object({ at: z.coerce.number() }));

/**
 * The names of the views with a copy of an event among their known records. What a vector of offsets covers never
 * changes, so the answer holds for as long as the vector is what is known.
 */
export async function viewsWithCopies(
  client: ClickHouseClient,
  views: readonly JoinView[],
  vector: OffsetVector,
): Promise<readonly string[]> {
  if (views.length === 0) return [];
  const each = views.map(({ table, topic, epoch }, at) => {
    const copies = laterCopies(identifier(table), knownRecords(topic, epoch, vector));
    return `SELECT ${at} AS at WHERE EXISTS (${copies})`;
  });
  const answer = await client.query({ query: each.join('\nUNION ALL\n'), format: 'JSONEachRow' });
  const withCopies = new Set(found.parse(await answer.json()).map(({ at }) => at));
  return views.filter((_, at) => withCopies.has(at)).map(({ name }) => name);
}
