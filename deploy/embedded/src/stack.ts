import { resolve } from 'node:path';
import { type MillraceError, type Running, startTogether } from '@millrace/kernel';
import { type ClickHouseAddress, type ClickHouseCredentials, startClickHouse } from './clickhouse.ts';
import { lockFolder } from './folder-lock.ts';
import { startGuard } from './guard.ts';
import { startKafka } from './kafka.ts';
import { choosePorts, type PortWishes } from './ports.ts';
import type { StackContext } from './stack-context.ts';
import { startBeside } from './start-beside.ts';
import { startRedis } from './redis.ts';
import { startSchemaRegistry } from './schema-registry.ts';
import { readToolchain } from './toolchain.ts';

/** Where the four servers of a stack listen. */
export interface StackAddresses {
  readonly kafka: { readonly brokers: readonly string[] };
  /** Confluent's interface. */
  readonly schemaRegistry: { readonly url: string };
  readonly redis: { readonly url: string };
  readonly clickhouse: ClickHouseAddress;
}

const PORT_NAMES = ['kafka', 'kafkaController', 'schemaRegistry', 'redis', 'clickhouse'] as const;

/** A listener of the stack. */
export type StackPort = (typeof PORT_NAMES)[number];

/** How to start a stack. */
export interface StackOptions {
  /** All data, ports and logs; a later start on the same folder goes on with them. */
  readonly folder: string;
  /** @default the ports of the last start, else free ones */
  readonly ports?: PortWishes<StackPort>;
  /** @default user and password `millrace` */
  readonly clickhouse?: ClickHouseCredentials;
  /** Told when a server ends by itself. @default write the error to standard error */
  readonly onFailure?: (error: MillraceError) => void;
}

/**
 * Starts Kafka, the schema registry, Redis and ClickHouse beside each other on loopback and waits until each
 * answers. They end with `stop()`, and also when this process ends without it.
 *
 * @throws MillraceError COMPONENT_FAILED, PORT_TAKEN, STACK_LOCKED or TOOLCHAIN_MISSING; nothing keeps running then.
 */
export function startStack(options: StackOptions): Promise<Running<StackAddresses>> {
  const folder = resolve(options.folder);
  return startTogether(async (starter) => {
    const toolchain = await readToolchain();
    const guard = await starter.start(startGuard);
    await starter.start(() => lockFolder(folder, guard.pid));
    const ports = await choosePorts(folder, PORT_NAMES, options.ports ?? {});
    const context: StackContext = {
      guard,
      archives: 'read',
      onFailure: options.onFailure ?? ((error) => console.error(error.message)),
    };
    const credentials = options.clickhouse ?? { user: 'millrace', password: 'millrace' };
    const redis = startRedis(toolchain, folder, ports.redis, context);
    const clickhouse = startClickHouse(folder, ports.clickhouse, credentials, context);
    const schemaRegistry = startSchemaRegistry(toolchain, folder, ports.schemaRegistry, context);
    const kafka = startKafka(toolchain, folder, ports, context);
    await startBeside(starter, [redis, clickhouse, schemaRegistry, kafka]);
    return {
      kafka: (await kafka).value,
      schemaRegistry: (await schemaRegistry).value,
      redis: (await redis).value,
      clickhouse: (await clickhouse).value,
    };
  });
}
