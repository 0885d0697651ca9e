import { join } from 'node:path';
import {
  freePort,
  portVariable,
  repositoryRoot,
  type ServiceName,
  type StackAddresses,
  stackVariables,
} from '@millrace/embedded';
import { answersOk, type Guard, startComponent } from '@millrace/embedded/components';
import { type Running, startTogether } from '@millrace/kernel';
import { clickhouseTap } from '../proxy/clickhouse-tap.ts';
import { gatewayTap } from '../proxy/gateway-tap.ts';
import { kafkaAddresses } from '../proxy/kafka-addresses.ts';
import { type Link, startLink } from '../proxy/link.ts';
import { redisTap } from '../proxy/redis-tap.ts';
import type { Trap, Traps } from '../proxy/traps.ts';
import { type Supervised, supervise } from './supervised.ts';

/** One instance of a service, and the links over which it talks. */
export interface Instance extends Supervised {
  readonly kafka: Link;
  /** To its store; a gateway has none. */
  readonly store: Link | undefined;
  /** Where clients reach it: of a gateway, through a link. */
  readonly url: string;
  /** The link before a gateway. */
  readonly front: Link | undefined;
}

/** Which instance to start. */
export interface InstanceOptions {
  readonly service: Extract<ServiceName, 'gateway' | 'online-projector' | 'offline-projector'>;
  readonly name: string;
  /** What is run instead of the service's own main file. */
  readonly main?: string;
  readonly servers: StackAddresses;
  readonly traps: Traps;
  /** Killed at the points that are its own. */
  readonly clickhouse: Supervised;
  readonly env: Readonly<Record<string, string>>;
  /** Takes the log of each life. */
  readonly logs: string;
  readonly guard: Guard;
}

/** Starts an instance behind links of its own, so that what it does is seen, and only it is hurt. */
export function startInstance(options: InstanceOptions): Promise<Running<Instance>> {
  const { service, name, servers, logs, guard } = options;
  return startTogether(async (starter) => {
    const port = await freePort();
    let supervised: Supervised | undefined;
    const trap = options.traps.of(name, (point) => {
      if (point === 'insert-under-way') options.clickhouse.kill();
      else supervised?.kill();
    });
    const broker = addressOf(`tcp://${servers.kafka.brokers[0]}`);
    const kafka = await starter.start(() => startLink({ to: broker, tap: kafkaAddresses(broker.port) }));
    const store = await startStoreLink(options, trap).then((running) =>
      running === undefined ? undefined : starter.start(async () => running),
    );
    const front =
      service === 'gateway'
        ? await starter.start(() => startLink({ to: { host: '127.0.0.1', port }, tap: gatewayTap(trap) }))
        : undefined;
    const env = {
      ...stackVariables(behind(servers, service, kafka, store)),
      ...options.env,
      [portVariable(service)]: String(port),
    };
    const health = `http://127.0.0.1:${port}/health`;
    supervised = await starter.start(() =>
      supervise(name, guard, (context, life) =>
        startComponent(
          {
            name,
            command: process.execPath,
            args: [options.main ?? join(repositoryRoot, 'services', service, 'src', 'main.ts')],
            env,
            logFile: join(logs, `${name}.${life}.log`),
            ready: async () => (await answersOk(`${health}/live`)) && (await answersOk(`${health}/ready`)),
            startTimeoutMs: 120_000,
            stopTimeoutMs: 15_000,
          },
          context,
        ),
      ),
    );
    return { ...supervised, kafka, store, front, url: `http://127.0.0.1:${front?.port ?? port}` };
  });
}

async function startStoreLink(
  { service, servers }: InstanceOptions,
  trap: Trap,
): Promise<Running<Link> | undefined> {
  switch (service) {
    case 'gateway':
      return undefined;
    case 'online-projector':
      return startLink({ to: addressOf(servers.redis.url), tap: redisTap(trap) });
    case 'offline-projector':
      return startLink({ to: addressOf(servers.clickhouse.url), tap: clickhouseTap(trap) });
    default:
      return service satisfies never;
  }
}

function behind(
  servers: StackAddresses,
  service: InstanceOptions['service'],
  kafka: Link,
  store: Link | undefined,
): StackAddresses {
  const through = { ...servers, kafka: { brokers: [`127.0.0.1:${kafka.port}`] } };
  if (store === undefined) return through;
  return service === 'online-projector'
    ? { ...through, redis: { url: `redis://127.0.0.1:${store.port}` } }
    : { ...through, clickhouse: { ...servers.clickhouse, url: `http://127.0.0.1:${store.port}` } };
}

function addressOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}
