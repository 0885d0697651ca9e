import { startTogether, type Running } from '@millrace/kernel';
import { freePort, type StackAddresses } from '@millrace/embedded';
import {
  type Guard,
  readToolchain,
  startClickHouse,
  startKafka,
  startRedis,
  startSchemaRegistry,
} from '@millrace/embedded/components';
import { type Launch, supervise, type Supervised } from './supervised.ts';

/** The four servers, each a process of its own that is started again on its port and data. */
export interface Servers {
  readonly addresses: StackAddresses;
  readonly kafka: Supervised;
  readonly redis: Supervised;
  readonly schemaRegistry: Supervised;
  readonly clickhouse: Supervised;
}

/** Starts the servers beside each other. */
export function startServers(folder: string, guard: Guard): Promise<Running<Servers>> {
  return startTogether(async (starter) => {
    const toolchain = await readToolchain();
    const ports: number[] = [];
    for (let i = 0; i < 5; i++) ports.push(await freePort(ports));
    const [kafkaPort = 0, kafkaController = 0, registryPort = 0, redisPort = 0, clickhousePort = 0] = ports;
    const credentials = { user: 'millrace', password: 'millrace' };
    const launches: Record<'kafka' | 'redis' | 'schemaRegistry' | 'clickhouse', Launch> = {
      kafka: (context) =>
        startKafka(
          toolchain,
          folder,
          { kafka: kafkaPort, kafkaController },
          { ...context, archives: 'read' },
        ),
      redis: (context) => startRedis(toolchain, folder, redisPort, context),
      schemaRegistry: (context) =>
        startSchemaRegistry(toolchain, folder, registryPort, { ...context, archives: 'read' }),
      clickhouse: (context) => startClickHouse(folder, clickhousePort, credentials, context),
    };
    const start = (name: keyof typeof launches) =>
      starter.start(() => supervise(name, guard, launches[name]));
    const [kafka, redis, schemaRegistry, clickhouse] = await Promise.all([
      start('kafka'),
      start('redis'),
      start('schemaRegistry'),
      start('clickhouse'),
    ]);
    const addresses: StackAddresses = {
      kafka: { brokers: [`127.0.0.1:${kafkaPort}`] },
      schemaRegistry: { url: `http://127.0.0.1:${registryPort}/apis/ccompat/v7` },
      redis: { url: `redis://127.0.0.1:${redisPort}` },
      clickhouse: { url: `http://127.0.0.1:${clickhousePort}`, ...credentials, database: 'millrace' },
    };
    return { addresses, kafka, redis, schemaRegistry, clickhouse };
  });
}
