import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import type { Instance } from '../platform/instances.ts';
import { type Platform, SESSION_TIMEOUT_MS } from '../platform/platform.ts';
import type { Link } from '../proxy/link.ts';
import type { Supervised } from '../platform/supervised.ts';
import { loseEverything, lostSecond } from './append-only-file.ts';
import type { FaultName } from './fault.ts';
import type { PlannedFault } from './plan.ts';

/** Does what a fault is, other than one that waits for a point. Resolves when it is done, not when it is over. */
export type Strike = (platform: Platform, fault: PlannedFault) => Promise<void>;

const SLOW_MS = 3_000;
const FULL_MS = 4_000;
const FROZEN_MS = SESSION_TIMEOUT_MS + 2_500;

/** What each fault does; those that wait for a point have none. */
export const strikes: Partial<Record<FaultName, Strike>> = {
  clickhouse: ({ servers }) => killReady(servers.clickhouse),
  kafka: ({ servers }) => killReady(servers.kafka),
  'schema registry': ({ servers }) => killReady(servers.schemaRegistry),
  redis: ({ servers }) => killReady(servers.redis),
  'redis: all lost': ({ servers, folder }) =>
    killReady(servers.redis, () => loseEverything(join(folder, 'redis'))),
  'redis: last second lost': async ({ servers, folder }) => {
    await servers.redis.ready();
    await killReady(servers.redis, await lostSecond(join(folder, 'redis')));
  },
  'online projector': ({ online }, { instance }) => killReady(online[instance]),
  'offline projector': ({ offline }, { instance }) => killReady(offline[instance]),
  gateway: ({ gateways }, { instance }) => killReady(gateways[instance]),
  'online projector frozen': ({ online }, { instance }) => freeze(online[instance]),
  'offline projector frozen': ({ offline }, { instance }) => freeze(offline[instance]),
  'an online projector leaves and joins': ({ online }, { instance }) => leave(online[instance]),
  'an offline projector leaves and joins': ({ offline }, { instance }) => leave(offline[instance]),
  'slow Redis': ({ online }, { skip }) => slow(storeLinks(online), 20 + 60 * skip),
  'slow ClickHouse': ({ offline }, { skip }) => slow(storeLinks(offline), 100 + 200 * skip),
  'slow Kafka': ({ online, offline, gateways }, { skip }) =>
    slow(kafkaLinks([...online, ...offline, ...gateways]), 20 + 60 * skip),
  'disk full': async ({ disk, servers }) => {
    await disk?.fill();
    await delay(FULL_MS);
    await disk?.free();
    // A merge that found no room can have left a part without contents; a start takes its sources up again.
    await servers.clickhouse.ready();
    await servers.clickhouse.leave();
  },
  'connections to Redis reset': ({ online }) => reset(storeLinks(online)),
  'connections to ClickHouse reset': ({ offline }) => reset(storeLinks(offline)),
  'connections to Kafka reset': ({ online, offline, gateways }) =>
    reset(kafkaLinks([...online, ...offline, ...gateways])),
};

async function killReady(target: Supervised | undefined, meanwhile?: () => Promise<void>): Promise<void> {
  if (target === undefined) return;
  for (;;) {
    await target.ready();
    if (target.kill(meanwhile)) return;
  }
}

async function freeze(instance: Instance | undefined): Promise<void> {
  await instance?.ready();
  instance?.freeze();
  await delay(FROZEN_MS);
  instance?.thaw();
}

async function leave(instance: Instance | undefined): Promise<void> {
  await instance?.ready();
  await instance?.leave();
}

async function slow(links: readonly Link[], delayMs: number): Promise<void> {
  for (const link of links) link.delayMs = delayMs;
  await delay(SLOW_MS);
  for (const link of links) link.delayMs = 0;
}

async function reset(links: readonly Link[]): Promise<void> {
  for (const link of links) link.resetNext();
}

function storeLinks(instances: readonly Instance[]): readonly Link[] {
  return instances.flatMap(({ store }) => (store === undefined ? [] : [store]));
}

function kafkaLinks(instances: readonly Instance[]): readonly Link[] {
  return instances.map(({ kafka }) => kafka);
}
