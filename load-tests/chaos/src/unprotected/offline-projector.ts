import { createClient } from '@clickhouse/client';
import { sources } from '../load/events.ts';
import { consumeUnprotected } from './consume.ts';
import { tableName } from './names.ts';

/** The control's offline projector: plain tables, plain inserts, and readers that count what is there. */
const { env } = process;
const clickhouse = createClient({
  url: env['MILLRACE_CLICKHOUSE_URL'] ?? '',
  username: env['MILLRACE_CLICKHOUSE_USER'] ?? '',
  password: env['MILLRACE_CLICKHOUSE_PASSWORD'] ?? '',
  database: env['MILLRACE_CLICKHOUSE_DATABASE'] ?? '',
});
for (const source of sources) {
  await clickhouse.command({
    query: `CREATE TABLE IF NOT EXISTS ${tableName(source)} (n Nullable(Int64), event_id String)
            ENGINE = MergeTree ORDER BY event_id`,
  });
}

await consumeUnprotected(
  'offline-projector',
  Number(env['MILLRACE_OFFLINE_PROJECTOR_PORT']),
  async (events) => {
    const [first] = events;
    if (first === undefined) return;
    await clickhouse.insert({
      table: tableName(first.source),
      values: events.map(({ n, eventId }) => ({ n, event_id: eventId })),
      format: 'JSONEachRow',
    });
  },
);
