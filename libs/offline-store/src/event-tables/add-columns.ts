import { identifier } from '../clickhouse/sql.ts';
import { columnDdl, type Deployment, onCluster } from '../clickhouse/table.ts';
import type { Column } from '../feature-table/columns.ts';

/** The statement that gives a table columns that it lacks; nothing happens to those that it has. */
export function addColumns(
  table: string,
  columns: readonly (Column & { readonly default?: string })[],
  deployment: Deployment,
): string {
  const added = columns.map((column) => `ADD COLUMN IF NOT EXISTS ${columnDdl(column)}`);
  return `ALTER TABLE ${identifier(table)}${onCluster(deployment)} ${added.join(', ')}`;
}
