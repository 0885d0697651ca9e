import type { Column } from '../feature-table/columns.ts';
import { identifier, literal } from './sql.ts';

/** How tables are made here: on one server, or on a cluster with replicas. */
export interface Deployment {
  /** Name of a cluster; empty for one server. */
  readonly cluster: string;
}

/** What a table of idempotent rows is made of. */
export interface TableDefinition {
  readonly name: string;
  readonly comment: string;
  readonly columns: readonly (Column & { readonly default?: string })[];
  /** Two rows that are equal in these columns are one row. */
  readonly orderBy: readonly string[];
  readonly partitionBy?: string;
  readonly projections?: readonly string[];
}

/** `ON CLUSTER …` where there is one. */
export function onCluster({ cluster }: Deployment): string {
  return cluster === '' ? '' : ` ON CLUSTER ${identifier(cluster)}`;
}

/** An engine of the MergeTree family, replicated on a cluster. */
export function engine(
  name: 'MergeTree' | 'ReplacingMergeTree',
  { cluster }: Deployment,
  version = '',
): string {
  return `${cluster === '' ? '' : 'Replicated'}${name}(${version})`;
}

/** A column with its comment, as DDL. */
export function columnDdl(column: Column & { readonly default?: string }): string {
  const value = column.default === undefined ? '' : ` DEFAULT ${column.default}`;
  return `${identifier(column.name)} ${column.type}${value} COMMENT ${literal(column.comment)}`;
}

/** Makes a table of rows that may be inserted twice without harm; nothing happens where it is there already. */
export function createTable(table: TableDefinition, deployment: Deployment): string {
  const parts = [...table.columns.map(columnDdl), ...(table.projections ?? [])];
  const settings = [
    ...(table.projections === undefined ? [] : ["deduplicate_merge_projection_mode = 'rebuild'"]),
    // Remembers the tokens of so many inserts. It saves the work of a common retry; nothing rests on it.
    deployment.cluster === ''
      ? 'non_replicated_deduplication_window = 1000'
      : 'replicated_deduplication_window = 1000',
  ];
  return [
    `CREATE TABLE IF NOT EXISTS ${identifier(table.name)}${onCluster(deployment)} (\n  ${parts.join(',\n  ')}\n)`,
    `ENGINE = ${engine('ReplacingMergeTree', deployment)}`,
    `ORDER BY (${table.orderBy.map(identifier).join(', ')})`,
    ...(table.partitionBy === undefined ? [] : [`PARTITION BY ${table.partitionBy}`]),
    `SETTINGS ${settings.join(', ')}`,
    `COMMENT ${literal(table.comment)}`,
  ].join('\n');
}

/** A view that gives the rows of a table another name, with the comments of their columns. */
export function plainView(
  name: string,
  table: string,
  { columns, comment }: Pick<TableDefinition, 'columns' | 'comment'>,
  deployment: Deployment,
): string {
  const described = columns.map(
    (column) => `${identifier(column.name)} ${column.type} COMMENT ${literal(column.comment)}`,
  );
  return [
    `CREATE OR REPLACE VIEW ${identifier(name)}${onCluster(deployment)} (\n  ${described.join(',\n  ')}\n) AS`,
    `SELECT ${columns.map((column) => identifier(column.name)).join(', ')} FROM ${identifier(table)}`,
    `COMMENT ${literal(comment)}`,
  ].join('\n');
}

/**
 * A view that shows each event once: records that were stored twice, and copies of an event, are left out.
 *
 * @param raw a table: on a view, ClickHouse passes FINAL over in silence.
 */
export function onceView(
  name: string,
  raw: string,
  columns: readonly string[],
  comment: string,
  deployment: Deployment,
): string {
  const table = identifier(raw);
  return [
    `CREATE OR REPLACE VIEW ${identifier(name)}${onCluster(deployment)} AS`,
    `SELECT ${columns.join(', ')}`,
    `FROM ${table} FINAL`,
    `WHERE as_of_key NOT IN (${laterCopies(table)})`,
    `COMMENT ${literal(comment)}`,
  ].join('\n');
}

/**
 * The `as_of_key` of every record that repeats an event: of the records with one event id all but the first in
 * the log. Almost no id repeats: a pass over 64-bit hashes finds the few that may, and only those are looked at.
 */
export function laterCopies(table: string, where = 'true'): string {
  const position = 'bitAnd(as_of_key, toUInt128(18446744073709551615))';
  return [
    'SELECT tupleElement(copy, 2) FROM (',
    `SELECT arrayJoin(arraySlice(arraySort(groupUniqArray((${position}, as_of_key))), 2)) AS copy`,
    `FROM ${table} WHERE ${where} AND cityHash64(event_id) IN (`,
    `SELECT cityHash64(event_id) AS hash FROM ${table} WHERE ${where} GROUP BY hash HAVING count() > 1)`,
    'GROUP BY event_id)',
  ].join(' ');
}
