import {
  type ClickHouseClient,
  ClickHouseLogLevel,
  type ClickHouseSettings,
  createClient,
} from '@clickhouse/client';
import type { Running } from '@millrace/kernel';
import { z } from 'zod';
import type { ClickHouseConfig } from './config.ts';
import { storeError } from './errors.ts';
import { identifier } from './sql.ts';
import { onCluster } from './table.ts';

/** How to reach ClickHouse; without a cluster, one server. */
export type ConnectConfig = Omit<ClickHouseConfig, 'clickhouseCluster'> &
  Partial<Pick<ClickHouseConfig, 'clickhouseCluster'>>;

/** After this an insert is refused, to be sent again, in milliseconds; a request must not time out before it. */
const QUORUM_TIMEOUT_MS = 60_000;

/**
 * On a cluster, an acknowledged insert is on every replica, inserts into a table are in one order, and what is not on
 * all of them yet is not read: so whichever replica is asked, a range that it shows as applied has its rows, and a
 * generation that it shows as live is there. Most replicas would not do: one that is behind and then takes an insert
 * itself passes for one that is not (seen on 26.7). A change of a table is waited for on every replica that is there:
 * an insert through another one would not find the new column.
 */
function onReplicas(replicas: number): ClickHouseSettings {
  return {
    insert_quorum: String(replicas),
    insert_quorum_parallel: 0,
    insert_quorum_timeout: QUORUM_TIMEOUT_MS,
    select_sequential_consistency: '1',
    alter_sync: '3',
  };
}

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
  const settings = await prepare(config, application);
  const client = clientOf(config, application, config.clickhouseDatabase, settings);
  return { value: client, stop: () => client.close() };
}

function clientOf(
  config: ConnectConfig,
  application: string,
  database: string,
  settings: ClickHouseSettings = {},
): ClickHouseClient {
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
      ...settings,
    },
  });
}

/** Makes the database. @returns what connections to it ask for besides. */
async function prepare(config: ConnectConfig, application: string): Promise<ClickHouseSettings> {
  const client = clientOf(config, application, 'default');
  const cluster = config.clickhouseCluster ?? '';
  try {
    const database = identifier(config.clickhouseDatabase);
    await client.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}${onCluster({ cluster })}` });
    return cluster === '' ? {} : onReplicas(await replicasOf(client, cluster));
  } catch (cause) {
    throw storeError('ClickHouse did not answer', cause);
  } finally {
    await client.close();
  }
}

const replicasSchema = z.tuple([z.object({ replicas: z.coerce.number().int().positive() })]);

/** How many replicas a shard of a cluster has. */
async function replicasOf(client: ClickHouseClient, cluster: string): Promise<number> {
  const answer = await client.query({
    query: 'SELECT max(replica_num) AS replicas FROM system.clusters WHERE cluster = {cluster: String}',
    query_params: { cluster },
    format: 'JSONEachRow',
  });
  const [{ replicas }] = replicasSchema.parse(await answer.json());
  return replicas;
}
