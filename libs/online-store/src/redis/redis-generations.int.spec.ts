import { featureTopic, viewOfTopic } from '@millrace/events';
import { type Running, startTogether, systemClock } from '@millrace/kernel';
import type { GenerationId } from '@millrace/processing';
import { generationsContract, type GenerationsUnderTest } from '@millrace/processing/testing';
import { testStack, uniqueName } from '@millrace/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { physicalName } from '../generation-names.ts';
import type { OnlineStore } from '../port.ts';
import { generationsUnderTest } from '../testing/generations-under-test.ts';
import { connectRedisOnlineStore } from './connect.ts';
import { Layout } from './layout.ts';
import type { RedisCommands } from './redis-client.ts';
import { RedisGenerations } from './redis-generations.ts';

interface Connected {
  readonly name: string;
  readonly redis: Redis;
  readonly store: OnlineStore;
  readonly underTest: GenerationsUnderTest;
}

function connect(): Promise<Running<Connected>> {
  return startTogether(async (starter) => {
    const { url } = testStack().redis;
    const name = uniqueName('online');
    const store = await starter.start(() => connectRedisOnlineStore({ url, name }));
    const others = await starter.start(() => connectRedisOnlineStore({ url, name }));
    const redis = new Redis(url);
    starter.onStop(() => redis.disconnect());
    const rows = async ({ topic, number }: GenerationId) => {
      const view = physicalName(viewOfTopic(topic) ?? topic, number);
      const keys = await redis.keysBuffer(`${name}:2:{*}:e:*`);
      const held = await Promise.all(keys.map((key) => redis.hexists(key, view)));
      return held.reduce((sum, one) => sum + one, 0);
    };
    return { name, redis, store, underTest: generationsUnderTest(store, others, rows) };
  });
}

generationsContract('Redis', async () => {
  const { value, stop } = await connect();
  return { value: value.underTest, stop };
});

let running: Running<Connected>;
beforeAll(async () => {
  running = await connect();
});
afterAll(() => running.stop());

/** A client whose process is killed after so many commands. */
function killedAfter(redis: Redis, commands: number): RedisCommands {
  let left = commands;
  const counted =
    <A extends unknown[], R>(command: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (left-- <= 0) throw new Error('killed');
      return command(...args);
    };
  return {
    isCluster: false,
    evalsha: counted((sha, keys, ...rest) => redis.evalsha(sha, keys, ...rest)),
    eval: counted((lua, keys, ...rest) => redis.eval(lua, keys, ...rest)),
    hget: counted((key, field) => redis.hget(key, field)),
    hgetall: counted((key) => redis.hgetall(key)),
    hkeys: counted((key) => redis.hkeys(key)),
    hset: counted((key, field, value) => redis.hset(key, field, value)),
    hdel: counted((key, ...fields) => redis.hdel(key, ...fields)),
    sendCommand: counted(async (command) => redis.sendCommand(command)),
  };
}

it('may be killed while it drops, says of no bucket that it has what is deleted, and goes on', async () => {
  const { name, redis, store, underTest } = running.value;
  const topic = await underTest.newTopic();
  const retired = { topic, number: 1 };
  await underTest.put(retired, 0, 40n);
  await store.resumeFrom({ topic, generation: 1, partition: 0 });
  await underTest.generations.request([{ topic, until: null }]);
  await underTest.put({ topic, number: 2 }, 0, 40n);
  await underTest.generations.goLive([{ topic, number: 2 }]);
  for (const commands of [0, 1, 2, 3, 4, 10, 100, 500, 1_000, 2_000]) {
    const killed = new RedisGenerations(killedAfter(redis, commands), new Layout(name), systemClock);
    await expect(killed.drop(retired)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect((await store.generations.list()).some((one) => one.topic === topic && one.number === 1)).toBe(
      true,
    );
    const left = await underTest.rows(retired);
    const positions = (await redis.keys(`${name}:2:{*}:positions`)).map((key) =>
      redis.hget(key, `${topic}:0`),
    );
    const claimed = (await Promise.all(positions)).filter((position) => position !== null).length;
    expect(claimed).toBeLessThanOrEqual(left);
    const applied = await underTest.generations.applied(retired);
    expect(left === 40 || applied.size === 0).toBe(true);
  }
  await store.generations.drop(retired);
  expect(await underTest.rows(retired)).toBe(0);
  expect(await underTest.rows({ topic, number: 2 })).toBe(40);
});

it('gives no number again that buckets still know, when the map of generations was lost', async () => {
  const { name, redis, store, underTest } = running.value;
  const topic = featureTopic(`v${name}`);
  await underTest.put({ topic, number: 1 }, 0, 3n);
  await underTest.put({ topic, number: 4 }, 0, 3n);
  const { generations } = store;
  await redis.del(new Layout(name).generations);
  expect(await generations.request([{ topic, until: null }])).toMatchObject([
    { number: 5, state: 'building' },
  ]);
  const states = async () =>
    (await generations.list())
      .filter((one) => one.topic === topic)
      .map(({ number, state }) => [number, state])
      .toSorted(([a = 0], [b = 0]) => Number(a) - Number(b));
  expect(await states()).toEqual([
    [1, 'live'],
    [4, 'retired'],
    [5, 'building'],
  ]);
  await generations.drop({ topic, number: 4 });
  expect(await underTest.rows({ topic, number: 4 })).toBe(0);
  expect(await underTest.rows({ topic, number: 1 })).toBe(3);
});
