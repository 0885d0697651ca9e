import { randomUUID } from 'node:crypto';
import { newEventId, packPosition } from '@millrace/events';
import { type Running, startTogether } from '@millrace/kernel';
import { generationsContract } from '@millrace/processing/testing';
import { type RedisServer, startRedisServer, uniqueName } from '@millrace/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { BUCKETS } from '../bucket.ts';
import type { OnlineRow } from '../port.ts';
import { collectionCases } from '../testing/collection-cases.ts';
import { onlineStoreContract } from '../testing/contract.ts';
import { generationsUnderTest } from '../testing/generations-under-test.ts';
import { physicalName } from '../generation-names.ts';
import { viewOfTopic } from '@millrace/events';
import { connectRedisOnlineStore } from './connect.ts';

const NODES = 3;
const SLOTS = 16_384;
let nodes: readonly RedisServer[];
let cluster: Running<void>;

beforeAll(async () => {
  cluster = await startTogether(async (starter) => {
    const started: RedisServer[] = [];
    for (let node = 0; node < NODES; node++) {
      started.push(await starter.start(() => startRedisServer({ cluster: true })));
    }
    nodes = started;
    await formCluster();
  });
});
afterAll(() => cluster.stop());

async function withNode<T>(node: RedisServer, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(node.url);
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

async function formCluster(): Promise<void> {
  const [first] = nodes;
  const share = Math.ceil(SLOTS / NODES);
  await Promise.all(
    nodes.map((node, index) =>
      withNode(node, async (redis) => {
        const from = index * share;
        const slots = Array.from({ length: Math.min(share, SLOTS - from) }, (_, slot) => from + slot);
        await redis.cluster('ADDSLOTS', ...slots);
        await redis.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
        if (index > 0 && first !== undefined) await redis.cluster('MEET', '127.0.0.1', first.port);
      }),
    ),
  );
  await whole();
}

/** Resolves when every node knows every slot. */
async function whole(): Promise<void> {
  for (const node of nodes) {
    await vi.waitFor(
      () =>
        withNode(node, async (redis) => {
          const info = await redis.cluster('INFO');
          expect(info).toContain('cluster_state:ok');
          expect(info).toContain(`cluster_known_nodes:${NODES}`);
        }),
      { timeout: 90_000 },
    );
  }
}

async function connect(name = uniqueName('online')) {
  return connectRedisOnlineStore({ url: nodes[0]?.url ?? '', cluster: true, name });
}

onlineStoreContract('Redis Cluster', connect);
collectionCases('Redis Cluster', connect);
generationsContract('Redis Cluster', () =>
  startTogether(async (starter) => {
    const name = uniqueName('online');
    const [store, others] = [
      await starter.start(() => connect(name)),
      await starter.start(() => connect(name)),
    ];
    return generationsUnderTest(store, others, async ({ topic, number }) => {
      const view = physicalName(viewOfTopic(topic) ?? topic, number);
      const held = await Promise.all(
        nodes.map((node) =>
          withNode(node, async (redis) => {
            const keys = await redis.keysBuffer(`${name}:2:{*}:e:*`);
            const has = await Promise.all(keys.map((key) => redis.hexists(key, view)));
            return has.reduce((sum, one) => sum + one, 0);
          }),
        ),
      );
      return held.reduce((sum, one) => sum + one, 0);
    });
  }),
);

const row = (offset: number): OnlineRow => ({
  entity: 'airport',
  key: Buffer.from(randomUUID()),
  view: 'departures',
  eventTime: BigInt(offset),
  position: packPosition({ epoch: 0, offset: BigInt(offset), partition: 0 }),
  eventId: newEventId(),
  recordedAt: 0n,
  value: Buffer.from('value'),
});

it.each([0, 1, 2])(
  'notices that node %i lost everything, idle or at the start, and is whole again',
  async (index) => {
    const name = uniqueName('online');
    const from = { topic: 'features.departures', generation: 1, partition: 0 };
    const end = { ...from, nextOffset: 2000n };
    const log = Array.from({ length: 2000 }, (_, offset) => row(offset));
    const rowsHeld = async (store: Awaited<ReturnType<typeof connect>>['value']) => {
      const buckets = await Promise.all(
        Array.from({ length: BUCKETS }, (_, bucket) => store.readBucket(bucket)),
      );
      return buckets.reduce((sum, { rows }) => sum + rows.length, 0);
    };
    const { value: store, stop } = await connect(name);
    expect(await store.resumeFrom(from)).toBe(0n);
    await store.write(log, end);
    await store.checkpoint();
    expect(await rowsHeld(store)).toBe(2000);

    await nodes[index]?.kill();
    await nodes[index]?.start();
    await whole();
    await vi.waitFor(() => expect(store.checkpoint()).rejects.toMatchObject({ code: 'STORE_LOST_WRITES' }), {
      timeout: 90_000,
    });
    expect(await rowsHeld(store)).toBeLessThan(2000);
    await stop();

    const { value: second, stop: stopSecond } = await connect(name);
    expect(await second.resumeFrom(from)).toBe(0n);
    expect(await second.applied()).toEqual({});
    await second.write(log, end);
    expect(await rowsHeld(second)).toBe(2000);
    expect(await second.applied()).toEqual({ [from.topic]: { 0: 1999n } });
    await second.checkpoint();
    await stopSecond();
  },
);
