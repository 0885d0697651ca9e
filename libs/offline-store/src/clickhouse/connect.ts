import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { Running } from '@millrace/kernel';
import type { ClickHouseConfig } from './config.ts';
import { storeError } from './errors.ts';

/** How to reach ClickHouse; without a cluster, one server. */
export type ConnectConfig = Omit<ClickHouseConfig, 'clickhouseCluster'> &
  Partial<Pick<ClickHouseConfig, 'clickhouseCluster'>>;

/**
 * On a cluster, an acknowledged insert is on most replicas, inserts of a table are in one order, and a query answers
 * only where all of them are: what was stored is read, whichever replica is asked. A replica that is behind refuses
 * (REPLICA_IS_NOT_IN_QUORUM), which passes. A replication that was caught in between would show a range as applied
 * without its rows, or a generation as live that is not there yet.
 */
const replicated = {
  insert_quorum: 'auto',
  insert_quorum_parallel: 0,
  select_sequential_consistency: '1',
} as const;

/**
 * Connects to ClickHouse with the settings that every service relies on, and makes the database when it is not
 * there: 64-bit integers come as text, so that none loses digits; an answer is whole or an error, except where a
 * caller streams and says so; sockets are let go before the server closes them.
 *
 * @throws MillraceError STORE_UNAVAILABLE
 */
export async function connectClickHouse(
  config: ConnectConfig,
  application = 'millrace',
): Promise<Running<ClickHouseClient>> {
  await makeDatabase(config, application);
  const client = clientOf(config, application, config.clickhouseDatabase);
  return { value: client, stop: () => client.close() };
}

function clientOf(config: ConnectConfig, application: string, database: string): ClickHouseClient {
  return createClient({
    url: config.clickhouseUrl,
    username: config.clickhouseUser,
    password: config.clickhousePassword,
    database,
    application,
    request_timeout: config.clickhouseRequestTimeoutMs,
    max_open_connections: config.clickhouseMaxConnections,
    // What fails is thrown, and whoever catches it logs it.
    log: { level: ClickHouseLogLevel.OFF },
    keep_alive: { enabled: true, idle_socket_ttl: 2000 },
    clickhouse_settings: {
      output_format_json_quote_64bit_integers: 1,
      date_time_input_format: 'best_effort',
      wait_end_of_query: 1,
      ...((config.clickhouseCluster ?? '') === '' ? {} : replicated),
    },
  });
}

async function makeDatabase(config: ConnectConfig, application: string): Promise<void> {
  const client = clientOf(config, application, 'default');
  try {
    await client.command({ query: `CREATE DATABASE IF NOT EXISTS \`${config.clickhouseDatabase}\`` });
  } catch (cause) {
    throw storeError('ClickHouse did not answer', cause);
  } finally {
    await client.close();
  }
}
