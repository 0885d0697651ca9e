import type { ClickHouseClient } from '@clickhouse/client';
import { z } from 'zod';
import { identifier, literal } from '../clickhouse/sql.ts';
import { type Deployment, onCluster } from '../clickhouse/table.ts';
import { physicalTable } from './physical-table.ts';

const tableRow = z.object({
  name: z.string(),
  engine: z.string(),
  as_select: z.string(),
  comment: z.string(),
});

/**
 * Makes the tables of raw rows from before there were generations the tables of generation 1, and puts views under
 * their names. The views of lifecycle events are the store's own to settle.
 */
export async function moveToGenerations(client: ClickHouseClient, deployment: Deployment): Promise<void> {
  const tables = await tablesOf(client);
  for (const { name, engine } of tables.values()) {
    const first = physicalTable(name, 1);
    if (!name.endsWith('_raw') || !engine.endsWith('MergeTree') || tables.has(first)) continue;
    await rename(client, name, first, deployment);
    if (name.startsWith('features_')) await viewsOfFeatures(client, name, tables, deployment);
  }
}

async function rename(
  client: ClickHouseClient,
  from: string,
  to: string,
  deployment: Deployment,
): Promise<void> {
  try {
    await client.command({
      query: `RENAME TABLE ${identifier(from)} TO ${identifier(to)}${onCluster(deployment)}`,
    });
  } catch (error) {
    // Another service was first.
    if (!(await tablesOf(client)).has(to)) throw error;
  }
}

/** The projector makes both of these anew, with comments, as soon as it starts. */
async function viewsOfFeatures(
  client: ClickHouseClient,
  raw: string,
  tables: ReadonlyMap<string, z.infer<typeof tableRow>>,
  deployment: Deployment,
): Promise<void> {
  const first = physicalTable(raw, 1);
  const once = tables.get(raw.slice(0, -'_raw'.length));
  const replace = (name: string) => `CREATE OR REPLACE VIEW ${identifier(name)}${onCluster(deployment)} AS`;
  await client.command({ query: `${replace(raw)} SELECT * FROM ${identifier(first)}` });
  if (once?.engine !== 'View') return;
  const select = once.as_select.replaceAll(new RegExp(`\\b${raw}\\b`, 'g'), first);
  await client.command({ query: `${replace(once.name)} ${select} COMMENT ${literal(once.comment)}` });
}

async function tablesOf(client: ClickHouseClient): Promise<ReadonlyMap<string, z.infer<typeof tableRow>>> {
  const answer = await client.query({
    query:
      'SELECT name, engine, as_select, comment FROM system.tables WHERE database = currentDatabase() ORDER BY name',
    format: 'JSONEachRow',
  });
  const rows = z.array(tableRow).parse(await answer.json());
  return new Map(rows.map((row) => [row.name, row]));
}
