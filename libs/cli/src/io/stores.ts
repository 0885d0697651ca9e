import {
  connectKafka,
  type EventLog,
  type LogScanner,
  kafkaConfigShape,
  schemaRegistryConfigShape,
} from '@millrace/event-log';
import { describeError, readConfig, type Running } from '@millrace/kernel';
import { clickHouseConfigShape, connectClickHouse } from '@millrace/offline-store';
import { collectionConfigShape, connectRedisOnlineStore } from '@millrace/online-store';
import { z } from 'zod';

/** Where the servers behind the services are: the same variables as the services'. */
export const storesConfigSchema = z.object({
  ...kafkaConfigShape,
  ...schemaRegistryConfigShape,
  ...clickHouseConfigShape,
  ...collectionConfigShape,
  redisUrl: z.string().default('redis://127.0.0.1:6379').describe('Redis.'),
  redisCluster: z.stringbool().default(false).describe('Whether that is a node of a Redis Cluster.'),
  onlineStoreName: z.string().default('millrace').describe('What every key of the online store begins with.'),
});

/** See {@link storesConfigSchema}. */
export type StoresConfig = Readonly<z.infer<typeof storesConfigSchema>>;

/** Reads where the servers are from the environment. */
export function storesConfig(): StoresConfig {
  return readConfig(storesConfigSchema, process.env);
}

/** Uses a server if it answers; otherwise says why not. The connection is closed in the end. */
export async function withServer<T, R>(
  connect: () => Promise<Running<T>>,
  use: (server: T) => Promise<R>,
): Promise<{ readonly ok: true; readonly value: R } | { readonly ok: false; readonly problem: string }> {
  let running: Running<T> | undefined;
  try {
    running = await connect();
    return { ok: true, value: await use(running.value) };
  } catch (error) {
    return { ok: false, problem: describeError(error) };
  } finally {
    await running?.stop();
  }
}

/** Kafka; what its client has to say is left out. */
export function kafkaOf(config: StoresConfig): Promise<Running<EventLog & LogScanner>> {
  return connectKafka({ clientId: 'millrace-cli', config, log: () => undefined });
}

/** The online store. */
export function onlineStoreOf({ redisUrl, redisCluster, onlineStoreName }: StoresConfig) {
  return connectRedisOnlineStore({ url: redisUrl, cluster: redisCluster, name: onlineStoreName });
}

/** The offline store's database. */
export function clickHouseOf(config: StoresConfig) {
  return connectClickHouse(config, 'millrace-cli');
}

/** A client of the offline store's database. */
export type ClickHouse = Awaited<ReturnType<typeof clickHouseOf>>['value'];
