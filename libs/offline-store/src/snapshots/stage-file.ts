import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import { describeError, MillraceError } from '@millrace/kernel';
import { identifier, identifiers } from '../clickhouse/sql.ts';
import { arrowColumns, isArrowFile } from './arrow-columns.ts';
import { parquetColumns } from './parquet-columns.ts';
import { type Spooled, withSpooled } from './spool.ts';
import type { SnapshotFormat, StagedColumn } from './staged-column.ts';
import { textColumns, textFormats } from './text-columns.ts';

/** A spine that a user sends. */
export interface SpineFile {
  readonly format: SnapshotFormat;
  readonly body: Readable;
  /** The column with the time of each label. */
  readonly timeColumn: string;
}

/**
 * Reads a spine into a table that keeps the order of its rows.
 *
 * @param known columns whose values are checked later, row by row.
 * @throws MillraceError REQUEST_INVALID when it cannot be read as what it says it is.
 */
export function stageFile(
  client: ClickHouseClient,
  table: string,
  { format, body }: SpineFile,
  known: ReadonlySet<string>,
): Promise<readonly StagedColumn[]> {
  return withSpooled(body, async (spooled) => {
    const columns = await columnsOf(client, format, spooled, known);
    if (columns.length === 0) throw new MillraceError('REQUEST_INVALID', 'the spine has no columns');
    const ddl = columns.map(({ name, type }) => `${identifier(name)} ${type}`);
    // A Log table gives rows back in the order in which it got them.
    await client.command({ query: `CREATE TABLE ${identifier(table)} (${ddl.join(', ')}) ENGINE = Log` });
    await insert(client, table, columns, format, spooled);
    return columns;
  });
}

function columnsOf(
  client: ClickHouseClient,
  format: SnapshotFormat,
  { path, head, size }: Spooled,
  known: ReadonlySet<string>,
): readonly StagedColumn[] | Promise<readonly StagedColumn[]> {
  switch (format) {
    case 'arrow':
      return arrowColumns(head);
    case 'parquet':
      return parquetColumns(path);
    case 'csv':
    case 'ndjson':
      return textColumns(client, format, head, size === head.length, known);
    default:
      return format satisfies never;
  }
}

async function insert(
  client: ClickHouseClient,
  table: string,
  columns: readonly StagedColumn[],
  format: SnapshotFormat,
  { path, head }: Spooled,
): Promise<void> {
  const names = { arrow: isArrowFile(head) ? 'Arrow' : 'ArrowStream', parquet: 'Parquet', ...textFormats };
  try {
    const { stream } = await client.exec({
      query: `INSERT INTO ${identifier(table)} (${identifiers(columns.map(({ name }) => name))}) FORMAT ${names[format]}`,
      values: createReadStream(path),
      clickhouse_settings: {
        async_insert: 0,
        max_insert_threads: '1',
        input_format_parquet_preserve_order: 1,
        input_format_skip_unknown_fields: 0,
        input_format_null_as_default: 0,
        input_format_csv_empty_as_default: 1,
        input_format_json_read_numbers_as_strings: 1,
        input_format_json_read_bools_as_strings: 1,
      },
    });
    for await (const _chunk of stream);
  } catch (cause) {
    throw new MillraceError(
      'REQUEST_INVALID',
      `the spine cannot be read as ${format}: ${describeError(cause)}`,
      { cause },
    );
  }
}
