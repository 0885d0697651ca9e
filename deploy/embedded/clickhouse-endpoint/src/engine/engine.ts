import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fromEngine } from '../clickhouse-error.ts';
import { createFifoPool, type FifoPool } from './fifo-pool.ts';
import { createKiller } from './killer.ts';
import { loadNativeBinding, type NativeResult } from './native.ts';

/** One engine session: its settings, parameters, current database and temporary tables are its own. */
export type EngineConnection = {
  /** Names this connection's running query to {@link Engine.kill}; requests put it into `log_comment`. */
  readonly id: string;
  /** Runs one statement and holds its whole answer in memory; one at a time. Throws `ClickHouseError`. */
  query(sql: string, format?: string): Promise<NativeResult>;
  /** Closes it when its query has ended. */
  close(): Promise<void>;
};

export type Engine = {
  readonly version: string;
  readonly timeZone: string;
  readonly fifos: FifoPool;
  /** For rows on their way in and results that wait for their end. */
  readonly spoolDirectory: string;
  open(): EngineConnection;
  /** Asks the running query of a connection to stop; the query itself then fails with code 394. */
  kill(connectionId: string): Promise<void>;
  stop(): Promise<void>;
};

/**
 * Opens the data directory; one process may hold it at a time.
 *
 * @param maxConcurrentQueries how many results may be streamed at once at most
 */
export async function startEngine(dataDirectory: string, maxConcurrentQueries: number): Promise<Engine> {
  const root = resolve(dataDirectory);
  const path = join(root, 'engine');
  const spoolDirectory = join(root, 'spool');
  await mkdir(path, { recursive: true });
  await rm(spoolDirectory, { recursive: true, force: true });
  await mkdir(spoolDirectory, { recursive: true });
  const native = loadNativeBinding();

  const open = (): EngineConnection => {
    const connection = native.CreateConnection(path);
    // The engine must not see two queries of one connection at once.
    let last: Promise<unknown> = Promise.resolve();
    return {
      id: randomUUID(),
      async query(sql, format = 'TabSeparated') {
        const result = last.then(() => native.QueryAsyncConnection(connection, sql, format));
        last = result.catch(() => undefined);
        try {
          return await result;
        } catch (error) {
          throw fromEngine(error);
        }
      },
      close() {
        return last.then(() => native.CloseConnection(connection));
      },
    };
  };

  // This one keeps the engine loaded while no request has a connection, and kills queries.
  const keeper = open();
  const answer = await keeper.query('SELECT version(), timezone()');
  const [version = '', timeZone = 'UTC'] = Buffer.from(answer.bytes).toString().trim().split('\t');
  const fifos = await createFifoPool(join(root, 'pipes'), maxConcurrentQueries);

  return {
    version,
    timeZone,
    fifos,
    spoolDirectory,
    open,
    kill: createKiller(keeper),
    async stop() {
      await keeper.close();
      await fifos.close();
    },
  };
}
