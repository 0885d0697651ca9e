import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import type { SnapshotFormat } from './staged-column.ts';

const formats: Readonly<Record<SnapshotFormat, string>> = {
  arrow: 'ArrowStream',
  parquet: 'Parquet',
  csv: 'CSVWithNames',
  ndjson: 'JSONEachRow',
};

/** Streams the result of a query in a format; memory stays small however many rows there are. */
export async function streamResult(
  client: ClickHouseClient,
  query: string,
  format: SnapshotFormat,
): Promise<Readable> {
  const { stream } = await client.exec({
    query: `${query} FORMAT ${formats[format]}`,
    clickhouse_settings: {
      // The answer begins before the query ends; a query that fails then breaks the connection.
      wait_end_of_query: 0,
      date_time_output_format: 'iso',
      output_format_arrow_compression_method: 'none',
      output_format_arrow_string_as_string: 1,
      output_format_parquet_string_as_string: 1,
      output_format_json_quote_denormals: 1,
    },
  });
  return Readable.from(stream, { objectMode: false });
}
