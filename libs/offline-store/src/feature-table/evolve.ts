import type { ClickHouseClient } from '@clickhouse/client';
import type { RegisteredView } from '@millrace/feature-registry';
import { MillraceError } from '@millrace/kernel';
import { z } from 'zod';
import { identifier, literal } from '../clickhouse/sql.ts';
import { columnDdl, type Deployment, onCluster } from '../clickhouse/table.ts';
import { takingTurns } from '../clickhouse/taking-turns.ts';
import { physicalTable } from '../generations/physical-table.ts';
import { createFeatureTable, featureTable, WINDOW_PROJECTION, windowProjection } from './feature-table.ts';

const storedColumn = z.object({
  name: z.string(),
  type: z.string(),
  comment: z.string(),
  default_expression: z.string(),
});

/**
 * Makes the table of a generation of a feature view, or adds what its definition gained. Columns are never dropped:
 * analysts may still read a feature that is no longer written.
 *
 * @throws MillraceError DEFINITION_INCOMPATIBLE when a column exists with another type.
 */
export async function ensureFeatureTable(
  client: ClickHouseClient,
  view: RegisteredView,
  generation: number,
  deployment: Deployment,
): Promise<void> {
  await client.command({ query: createFeatureTable(view, generation, deployment) });
  const { name: stable, columns } = featureTable(view);
  const name = physicalTable(stable, generation);
  const stored = await columnsOf(client, name);
  const changes: string[] = [];
  let added = false;
  for (const column of columns) {
    const before = stored.get(column.name);
    if (before === undefined) {
      changes.push(`ADD COLUMN IF NOT EXISTS ${columnDdl(column)}`);
      added = true;
    } else if (before.type !== column.type) {
      throw new MillraceError(
        'DEFINITION_INCOMPATIBLE',
        `${name}.${column.name} is ${before.type} in ClickHouse, and would have to be ${column.type}`,
      );
    } else if (before.comment !== column.comment) {
      changes.push(`COMMENT COLUMN ${identifier(column.name)} ${literal(column.comment)}`);
    }
  }
  const alter = `ALTER TABLE ${identifier(name)}${onCluster(deployment)}`;
  const change = (what: string) => takingTurns(() => client.command({ query: `${alter} ${what}` }));
  if (changes.length > 0) await change(changes.join(', '));
  if (added) {
    // A projection keeps the columns that it was made with; new rows must have the new ones in it too.
    await change(`DROP PROJECTION IF EXISTS ${WINDOW_PROJECTION}`);
    await change(`ADD PROJECTION IF NOT EXISTS ${windowProjection}`);
    await client.command({
      query: `${alter} MATERIALIZE PROJECTION ${WINDOW_PROJECTION}`,
      clickhouse_settings: { mutations_sync: '0' },
    });
  }
}

async function columnsOf(
  client: ClickHouseClient,
  table: string,
): Promise<ReadonlyMap<string, z.infer<typeof storedColumn>>> {
  const answer = await client.query({
    query: `SELECT name, type, comment, default_expression FROM system.columns
            WHERE database = currentDatabase() AND table = {table: String}`,
    query_params: { table },
    format: 'JSONEachRow',
  });
  return new Map(
    z
      .array(storedColumn)
      .parse(await answer.json())
      .map((column) => [column.name, column]),
  );
}
