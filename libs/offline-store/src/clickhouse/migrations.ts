import type { ClickHouseClient } from '@clickhouse/client';
import { z } from 'zod';
import { addDeadLetterColumns } from '../event-tables/dead-letters.ts';
import { eventTables, eventViews } from '../event-tables/views.ts';
import { moveToGenerations } from '../generations/move-to-generations.ts';
import { generationsTable } from '../generations/table.ts';
import { addGenerationOfRanges, appliedRangesTable, describeFoldedRanges } from './applied-ranges.ts';
import { foldAllRanges } from './fold-ranges.ts';
import { createTable, type Deployment, engine, onCluster } from './table.ts';
import { snapshotsTable } from '../snapshots/table.ts';
import { takingTurns } from './taking-turns.ts';

/** A step of the store's tables; never changed once it is merged. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  /** Statements that do no harm when they run again. */
  statements(deployment: Deployment): readonly string[];
  /** What follows them and has to look first; it does no harm when it runs again either. */
  andThen?(client: ClickHouseClient, deployment: Deployment): Promise<void>;
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
  {
    number: 4,
    name: 'definitions, verifications, and what became of dead letters',
    statements: (deployment) => [
      createTable(eventTables.definitions.table, deployment),
      createTable(eventTables.verifications.table, deployment),
      addDeadLetterColumns(deployment),
    ],
  },
  {
    number: 5,
    name: 'generations',
    statements: (deployment) => [generationsTable(deployment), addGenerationOfRanges(deployment)],
    andThen: moveToGenerations,
  },
  {
    number: 6,
    name: 'applied ranges are folded',
    statements: (deployment) => [describeFoldedRanges(deployment)],
    andThen: foldAllRanges,
  },
];

/**
 * Runs the migrations that did not run yet. Two services that start at once do no harm to each other: where a
 * statement fails because the other one is further on, its migration is done by then.
 *
 * @returns whether any ran.
 */
export async function migrate(client: ClickHouseClient, deployment: Deployment): Promise<boolean> {
  await client.command({
    query: `CREATE TABLE IF NOT EXISTS migrations${onCluster(deployment)} (
      number UInt32 COMMENT 'Number of the migration.',
      name String COMMENT 'What it is about.',
      applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When it ran.'
    ) ENGINE = ${engine('ReplacingMergeTree', deployment)} ORDER BY number
    COMMENT 'Migrations of the tables that ran.'`,
  });
  const done = await doneMigrations(client);
  const due = migrations.filter(({ number }) => !done.has(number));
  for (const migration of due) {
    try {
      await run(client, migration, deployment);
    } catch (error) {
      if (!(await doneMigrations(client)).has(migration.number)) throw error;
    }
  }
  return due.length > 0;
}

async function run(
  client: ClickHouseClient,
  { number, name, statements, andThen }: Migration,
  deployment: Deployment,
): Promise<void> {
  for (const query of statements(deployment)) await takingTurns(() => client.command({ query }));
  await andThen?.(client, deployment);
  await takingTurns(() =>
    client.insert({
      table: 'migrations',
      clickhouse_settings: { async_insert: 0 },
      values: [{ number, name }],
      format: 'JSONEachRow',
    }),
  );
}

async function doneMigrations(client: ClickHouseClient): Promise<ReadonlySet<number>> {
  const answer = await client.query({ query: 'SELECT number FROM migrations', format: 'JSONEachRow' });
  return new Set(doneSchema.parse(await answer.json()).map(({ number }) => number));
}

const doneSchema = z.array(z.object({ number: z.number() }));
