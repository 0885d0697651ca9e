import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import { storeError } from './errors.ts';
import { identifier, identifiers } from './sql.ts';
import { takingTurns } from './taking-turns.ts';

/** Rows that become one part of a table. */
export interface RowBlock {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: number;
  /** The rows in RowBinary, in pieces that begin and end with a row. */
  readonly body: readonly Buffer[];
  /** Names what the rows are; a server that has just seen it saves the work. Nothing rests on it. */
  readonly token: string;
}

/** Most rows of one block. */
export const MAX_BLOCK_ROWS = 200_000;
/** Most bytes of one block. */
export const MAX_BLOCK_BYTES = 64 * 1024 * 1024;

/**
 * Inserts a block as one part, atomically: a block that is cut differently could be half there after a crash.
 *
 * @throws MillraceError STORE_UNAVAILABLE, INTERNAL; the rows may be there all the same, and inserting them again is harmless.
 */
export async function insertBlock(client: ClickHouseClient, block: RowBlock): Promise<void> {
  try {
    await takingTurns(() => send(client, block));
  } catch (cause) {
    throw storeError(`ClickHouse did not take ${block.rows} rows for ${block.table}`, cause);
  }
}

async function send(client: ClickHouseClient, block: RowBlock): Promise<void> {
  const { stream } = await client.exec({
    query: `INSERT INTO ${identifier(block.table)} (${identifiers(block.columns)}) FORMAT RowBinary`,
    values: Readable.from(block.body, { objectMode: false }),
    clickhouse_settings: {
      async_insert: 0,
      insert_deduplication_token: block.token,
      max_insert_block_size: '1048576',
      min_insert_block_size_rows: '1048576',
      min_insert_block_size_bytes: '268435456',
      max_insert_threads: '1',
      input_format_parallel_parsing: 0,
    },
  });
  // The socket is free only when the answer was read.
  for await (const _chunk of stream);
}
