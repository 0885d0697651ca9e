import type { ClickHouseClient } from '@clickhouse/client';
import { storeError } from '@millrace/offline-store';
import { z } from 'zod';

/** Vectors and lists of keys stand in the text of a query, which is short by default. */
const settings = { max_query_size: '67108864', max_bytes_before_external_group_by: '2000000000' };

/** The rows of a query. @throws MillraceError STORE_UNAVAILABLE, INTERNAL */
export async function rowsOf<S extends z.ZodType>(
  client: ClickHouseClient,
  what: string,
  row: S,
  query: string,
  params: Readonly<Record<string, unknown>> = {},
): Promise<z.output<S>[]> {
  try {
    const answer = await client.query({
      query,
      query_params: { ...params },
      format: 'JSONEachRow',
      clickhouse_settings: settings,
    });
    return z.array(row).parse(await answer.json());
  } catch (cause) {
    throw storeError(`${what} in ClickHouse`, cause);
  }
}

/** The answer of a query in RowBinary, piece by piece. @throws MillraceError STORE_UNAVAILABLE, INTERNAL */
export async function* rowBinaryOf(
  client: ClickHouseClient,
  what: string,
  query: string,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    const { stream } = await client.exec({
      query: `${query}\nFORMAT RowBinary`,
      clickhouse_settings: settings,
    });
    for await (const piece of stream) if (Buffer.isBuffer(piece)) yield piece;
  } catch (cause) {
    throw storeError(`${what} in ClickHouse`, cause);
  }
}
