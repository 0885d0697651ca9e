import type { ClickHouseClient } from '@clickhouse/client';
import { z } from 'zod';
import { rowsOf } from './query.ts';
import type { FormatColumn } from './row-binary/row-format.ts';

const columnSchema = z.object({ name: z.string(), type: z.string() });

/** The columns of a table, or undefined when there is none. */
export async function columnsOf(
  client: ClickHouseClient,
  table: string,
): Promise<readonly FormatColumn[] | undefined> {
  const columns = await rowsOf(
    client,
    `the columns of ${table}`,
    columnSchema,
    `SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table: String} ORDER BY position`,
    { table },
  );
  return columns.length === 0 ? undefined : columns;
}
