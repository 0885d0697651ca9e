import { randomUUID } from 'node:crypto';
import { type Running, startTogether, systemClock } from '@millrace/kernel';
import { testStack, uniqueName } from '@millrace/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { GenerationMap } from './generation-map.ts';
import { Layout } from './layout.ts';
import { LiveGenerations } from './live-generations.ts';
import { RedisGenerations } from './redis-generations.ts';

const layout = new Layout(uniqueName('online'));
let redis: Redis;
let generations: RedisGenerations;
let running: Running<void>;
let nowMs = 0;
let live: LiveGenerations;
let topic: string;

beforeAll(async () => {
  running = await startTogether(async (starter) => {
    redis = new Redis(testStack().redis.url);
    starter.onStop(() => redis.disconnect());
    generations = new RedisGenerations(redis, layout, systemClock);
  });
});
afterAll(() => running.stop());
beforeEach(async () => {
  topic = `features.${randomUUID()}`;
  live = new LiveGenerations(redis, layout, () => nowMs);
  await hold(1, 5n);
  await generations.request([{ topic, until: null }]);
  await live.current();
});

const hold = (number: number, next: bigint) =>
  redis.hset(layout.applied, number === 1 ? `${topic}:0` : `${topic}#${number}:0`, String(next));
const goLive = (number: number) => generations.goLive([{ topic, number }]);
/** What it would read with at once; undefined where it has to ask first. */
const held = () => {
  const current = live.current();
  return current instanceof GenerationMap ? current.live(topic) : undefined;
};

it('goes on for a second with what it knows, and then notices what went live meanwhile', async () => {
  await hold(2, 5n);
  await goLive(2);
  nowMs += 1_000;
  expect(held()).toBe(1);
  nowMs += 1;
  expect(held()).toBe(1);
  await expect.poll(held).toBe(2);
});

it('asks first when what it knows is older than five seconds', async () => {
  await hold(2, 5n);
  await goLive(2);
  nowMs += 5_001;
  expect(held()).toBeUndefined();
  expect((await live.current()).live(topic)).toBe(2);
});

it('reads again what it read with a map that is too old by the time of the answer', async () => {
  await hold(2, 5n);
  await goLive(2);
  const readWith: number[] = [];
  await live.reading(async (map) => {
    readWith.push(map.live(topic));
    // The process was frozen here.
    if (readWith.length === 1) nowMs += 15_001;
  });
  expect(readWith).toEqual([1, 2]);
});

it('waits until the other generation holds all that it could see, so that nothing that was read goes away', async () => {
  await hold(2, 4n);
  await goLive(2);
  for (let waited = 0; waited < 4_900; waited += 100) {
    nowMs += 100;
    const current = await live.current();
    expect(current.live(topic)).toBe(1);
  }
  await hold(2, 5n);
  nowMs += 30;
  await live.current();
  await expect
    .poll(() => {
      nowMs += 30;
      return held();
    })
    .toBe(2);
});

it('does not wait for ever', async () => {
  await hold(2, 4n);
  await goLive(2);
  nowMs += 5_000;
  expect(held()).toBe(1);
  nowMs += 5_001;
  await expect.poll(async () => (await live.current()).live(topic)).toBe(2);
});

it('does not wait when it has not asked for longer than a lease: the one before may be gone by now', async () => {
  await hold(2, 4n);
  await goLive(2);
  nowMs += 5_001;
  expect((await live.current()).live(topic)).toBe(2);
});

it('goes back to the first generation when the store has lost its map', async () => {
  await hold(2, 5n);
  await goLive(2);
  nowMs += 5_001;
  expect((await live.current()).live(topic)).toBe(2);
  await redis.del(layout.generations, layout.applied);
  nowMs += 5_001;
  expect((await live.current()).live(topic)).toBe(1);
});
