import { describeError, MillraceError, type Running, systemClock, systemTimers } from '@millrace/kernel';
import { Cluster, Redis } from 'ioredis';
import type { OnlineStore } from '../port.ts';
import { Layout } from './layout.ts';
import { RedisCollector } from './redis-collector.ts';
import { RedisGenerations } from './redis-generations.ts';
import { RedisReader } from './redis-reader.ts';
import { RedisWriter } from './redis-writer.ts';
import { scripts } from './scripts/all.ts';

type RedisClient = Redis | Cluster;

/** How to reach the online store. */
export interface RedisOnlineStoreOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. With `cluster`, any node. */
  readonly url: string;
  /** Whether the server is part of a Redis Cluster. @default false */
  readonly cluster?: boolean;
  /** What every key begins with. @default 'millrace' */
  readonly name?: string;
  /** Milliseconds after which a command that was not answered fails. @default 10000 */
  readonly commandTimeoutMs?: number;
  /** Told of lost connections; the client reconnects by itself. */
  readonly onError?: (error: Error) => void;
}

/**
 * Connects to the online store in Redis (6.2 or later, or a compatible server).
 *
 * @throws MillraceError STORE_UNAVAILABLE when the server does not answer now.
 */
export async function connectRedisOnlineStore(
  options: RedisOnlineStoreOptions,
): Promise<Running<OnlineStore>> {
  const client = open(options);
  client.on('error', (error: Error) => options.onError?.(error));
  try {
    await client.connect();
    await loadScripts(client);
  } catch (cause) {
    client.disconnect();
    throw new MillraceError(
      'STORE_UNAVAILABLE',
      `the online store does not answer: ${describeError(cause)}`,
      { cause },
    );
  }
  const layout = new Layout(options.name ?? 'millrace');
  const writer = new RedisWriter(client, layout);
  const reader = new RedisReader(client, layout, { timers: systemTimers, nowMs: () => performance.now() });
  const collector = new RedisCollector(client, layout);
  return {
    value: {
      generations: new RedisGenerations(client, layout, systemClock),
      resumeFrom: (from) => writer.resumeFrom(from),
      write: (rows, end) => writer.write(rows, end),
      checkpoint: () => writer.checkpoint(),
      release: (generation) => writer.release(generation),
      collect: (bucket, views, time) => collector.collect(bucket, views, time),
      read: (reads) => reader.read(reads),
      applied: () => reader.applied(),
      waitFor: (minPositions, timeoutMs) => reader.waitFor(minPositions, timeoutMs),
      readBucket: (bucket) => reader.readBucket(bucket),
    },
    stop: async () => client.disconnect(),
  };
}

/**
 * Loads all scripts, so that the first calls need not send their texts. On a cluster that would have to be done on
 * each node, whenever one joins; there the first calls send them.
 */
async function loadScripts(client: RedisClient): Promise<void> {
  if (client.isCluster) return;
  await Promise.all(scripts.map(({ lua }) => client.script('LOAD', lua)));
}

function open({ url, cluster = false, commandTimeoutMs = 10_000 }: RedisOnlineStoreOptions): RedisClient {
  const common = { enableAutoPipelining: true, lazyConnect: true };
  if (!cluster) return new Redis(url, { ...common, commandTimeout: commandTimeoutMs });
  const { username, password, protocol } = new URL(url);
  return new Cluster([url], {
    ...common,
    // Calls that share a pipeline don't follow the slots of a node that came back; this finds them again.
    slotsRefreshInterval: 1_000,
    redisOptions: {
      commandTimeout: commandTimeoutMs,
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' ? { tls: {} } : {}),
    },
  });
}
