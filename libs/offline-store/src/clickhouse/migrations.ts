import type { ClickHouseClient } from '@clickhouse/client';
import { eventTables, eventViews } from '../event-tables/views.ts';
import { appliedRangesTable } from './applied-ranges.ts';
import { createTable, type Deployment, engine, onCluster } from './table.ts';
import { snapshotsTable } from '../snapshots/table.ts';

/** A step of the store's tables; never changed once it is merged. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  /** Statements that do no harm when they run again. */
  statements(deployment: Deployment): readonly string[];
}

/** Every migration, in order. The tables of feature views follow their definitions instead. */
export const migrations: readonly Migration[] = [
  { number: 1, name: 'applied ranges', statements: (deployment) => [appliedRangesTable(deployment)] },
  {
    number: 2,
    name: 'tables and views of events',
    statements: (deployment) => [
      ...Object.values(eventTables).map(({ table }) => createTable(table, deployment)),
      ...eventViews(deployment),
    ],
  },
  { number: 3, name: 'snapshots', statements: (deployment) => [snapshotsTable(deployment)] },
];

/** Runs the migrations that did not run yet. Two services that start at once do no harm to each other. */
export async function migrate(client: ClickHouseClient, deployment: Deployment): Promise<void> {
  await client.command({
    query: `CREATE TABLE IF NOT EXISTS migrations${onCluster(deployment)} (
      number UInt32 COMMENT 'Number of the migration.',
      name String COMMENT 'What it is about.',
      applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When it ran.'
    ) ENGINE = ${engine('ReplacingMergeTree', deployment)} ORDER BY number
    COMMENT 'Migrations of the tables that ran.'`,
  });
  const answer = await client.query({ query: 'SELECT number FROM migrations', format: 'JSONEachRow' });
  const done = new Set((await answer.json<{ number: number }>()).map(({ number }) => number));
  for (const { number, name, statements } of migrations) {
    if (done.has(number)) continue;
    for (const query of statements(deployment)) await client.command({ query });
    await client.insert({ table: 'migrations', values: [{ number, name }], format: 'JSONEachRow' });
  }
}
