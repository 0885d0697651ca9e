import { randomUUID } from 'node:crypto';
import { type Running, SECOND, startTogether, systemClock } from '@millrace/kernel';
import { BUCKETS } from '@millrace/online-store';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ProjectorFixture, startProjectorFixture } from './testing/projector-fixture.ts';

const PATIENCE = { timeout: 90_000, interval: 100 };
const names = Array.from({ length: 40 }, () => randomUUID());

let running: Running<void> | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function prepare(appendOnly: boolean): Promise<{ redis: RedisServer; fixture: ProjectorFixture }> {
  const started: { redis?: RedisServer; fixture?: ProjectorFixture } = {};
  running = await startTogether(async (starter) => {
    const redis = await starter.start(() => startRedisServer({ appendOnly }));
    started.redis = redis;
    started.fixture = await starter.start(() => startProjectorFixture(redis.url));
  });
  const { redis, fixture } = started;
  if (redis === undefined || fixture === undefined) throw new Error('all of it was started');
  return { redis, fixture };
}

/** A batch of rows for the same entities: newer and older ones, a copy and a deletion. */
function someRows(fixture: ProjectorFixture, round: number, of: readonly string[] = names) {
  const now = systemClock.now();
  return of.flatMap((name, index) => {
    const newer = fixture.row(name, {
      eventTime: now - SECOND + BigInt(round),
      values: index % 7 === 0 ? null : { delay: round, count: BigInt(index) },
    });
    const older = fixture.row(name, { eventTime: now - 100n * SECOND, values: { delay: 0, count: 0n } });
    return index % 3 === 0 ? [newer, older, newer] : [newer, older];
  });
}

async function rowsHeld({ store }: ProjectorFixture): Promise<number> {
  const buckets = await Promise.all(Array.from({ length: BUCKETS }, (_, bucket) => store.readBucket(bucket)));
  return buckets.reduce((sum, { rows }) => sum + rows.length, 0);
}

async function emptied({ url }: RedisServer): Promise<void> {
  const redis = new Redis(url);
  await redis.flushall();
  redis.disconnect();
}

/** What happens to the server, and whether a projector runs meanwhile. */
const losses = [
  { what: 'is emptied', appendOnly: false, lose: emptied },
  {
    what: 'has no file and is killed',
    appendOnly: false,
    async lose(redis: RedisServer) {
      await redis.kill();
      await redis.start();
    },
  },
  {
    what: 'is killed and loses the end of its file',
    appendOnly: true,
    async lose(redis: RedisServer, before: number) {
      await redis.kill();
      expect(await redis.logSize()).toBeGreaterThan(before);
      await redis.cutLog(before + 500);
      await redis.start();
    },
  },
];

describe.each(losses)('a server that $what', ({ appendOnly, lose }) => {
  it('is filled again when the projector starts', async () => {
    const { redis, fixture } = await prepare(appendOnly);
    const first = await fixture.startProjector();
    await fixture.store.waitFor(await fixture.appendRows(...someRows(fixture, 1)), 60_000);
    await first.stop();
    const before = appendOnly ? await redis.logSize() : 0;
    const second = await fixture.startProjector();
    const fresh = names.map((name) => `${name}, later`);
    await fixture.store.waitFor(await fixture.appendRows(...someRows(fixture, 2, fresh)), 60_000);
    await second.stop();
    await lose(redis, before);
    await vi.waitFor(
      async () => expect(await rowsHeld(fixture)).toBeLessThan(names.length + fresh.length),
      PATIENCE,
    );
    const third = await fixture.startProjector();
    await vi.waitFor(() => fixture.expectEqualToLog(), PATIENCE);
    await third.stop();
  });

  it.each([
    ['by the next write', true, 60_000],
    ['by a checkpoint while nothing is written', false, 100],
  ])('is noticed %s, and filled again', async (_, writes, checkpointMs) => {
    const { redis, fixture } = await prepare(appendOnly);
    const projector = await fixture.startProjector({ checkpointMs });
    await fixture.store.waitFor(await fixture.appendRows(...someRows(fixture, 1)), 60_000);
    const before = appendOnly ? await redis.logSize() : 0;
    await fixture.store.waitFor(await fixture.appendRows(...someRows(fixture, 2)), 60_000);
    await lose(redis, before);
    if (writes) await fixture.appendRows(...someRows(fixture, 3));
    await vi.waitFor(() => fixture.expectEqualToLog(), PATIENCE);
    const wanted = await fixture.appendRows(...someRows(fixture, 4));
    expect(await fixture.store.waitFor(wanted, 60_000)).toBe(true);
    await fixture.expectEqualToLog();
    await projector.stop();
  });
});

it('is filled again after a rebuild too, when the server forgot which generation is live', async () => {
  const { redis, fixture } = await prepare(false);
  const { generations } = fixture.store;
  const projector = await fixture.startProjector({ checkpointMs: 100, graceMs: 200 });
  await fixture.store.waitFor(await fixture.appendRows(...someRows(fixture, 1)), 60_000);
  await generations.request([{ topic: fixture.topic, until: null }]);
  const states = async () => (await generations.list()).map(({ number, state }) => [number, state]);
  await vi.waitFor(async () => expect(await states()).toEqual([[2, 'live']]), PATIENCE);
  await vi.waitFor(() => fixture.expectEqualToLog(), PATIENCE);
  await emptied(redis);
  await vi.waitFor(() => fixture.expectEqualToLog(), PATIENCE);
  expect(await states()).toEqual([]);
  const wanted = await fixture.appendRows(...someRows(fixture, 2));
  expect(await fixture.store.waitFor(wanted, 60_000)).toBe(true);
  await fixture.expectEqualToLog();
  await projector.stop();
});
