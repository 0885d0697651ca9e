import { randomUUID } from 'node:crypto';
import { newEventId, packPosition } from '@millrace/events';
import { type Running, startTogether } from '@millrace/kernel';
import { testStack, uniqueName } from '@millrace/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pointInTimeCases } from '../testing/point-in-time-cases.ts';
import { BUCKETS, bucketOf } from '../bucket.ts';
import { collectionCases } from '../testing/collection-cases.ts';
import { onlineStoreContract } from '../testing/contract.ts';
import type { OnlineRow, OnlineStore } from '../port.ts';
import { connectRedisOnlineStore } from './connect.ts';

const connect = () => connectRedisOnlineStore({ url: testStack().redis.url, name: uniqueName('online') });

onlineStoreContract('Redis', connect);
pointInTimeCases('Redis', connect);
collectionCases('Redis', connect);

const name = uniqueName('online');
let store: OnlineStore;
let redis: Redis;
let running: Running<void>;

beforeAll(async () => {
  running = await startTogether(async (starter) => {
    store = await starter.start(() => connectRedisOnlineStore({ url: testStack().redis.url, name }));
    redis = new Redis(testStack().redis.url);
    starter.onStop(() => redis.disconnect());
  });
});
afterAll(() => running.stop());

const row = (offset: number, part: Partial<OnlineRow> = {}): OnlineRow => ({
  entity: 'airport',
  key: Buffer.from(randomUUID()),
  view: 'departures',
  eventTime: BigInt(offset),
  position: packPosition({ epoch: 0, offset: BigInt(offset), partition: 0 }),
  eventId: newEventId(),
  recordedAt: 0n,
  value: Buffer.from('value'),
  ...part,
});
const newTopic = () => ({ topic: `features.${randomUUID()}`, generation: 1, partition: 0 });
const fieldOf = ({ topic, partition }: { topic: string; partition: number }) => `${topic}:${partition}`;

it('notices a bucket that has lost writes, writes nothing more, and resumes from before the loss', async () => {
  const from = newTopic();
  const key = Buffer.from(randomUUID());
  await store.resumeFrom(from);
  await store.write([row(0, { key })], { ...from, nextOffset: 5n });
  await store.checkpoint();
  await store.write([row(5, { key })], { ...from, nextOffset: 9n });
  // The state of a second ago: as after a crash of a server whose AOF is synced every second.
  await redis.hset(`${name}:2:{${bucketOf(key)}}:positions`, fieldOf(from), '5');
  const next = row(9, { key });
  const lost = { code: 'STORE_LOST_WRITES', details: { topic: from.topic, partition: 0 } };
  await expect(store.write([next], { ...from, nextOffset: 10n })).rejects.toMatchObject(lost);
  expect(await store.read([{ entity: 'airport', key, views: ['departures'] }])).toMatchObject([
    [{ eventTime: 5n }],
  ]);
  await expect(store.write([row(10)], { ...from, nextOffset: 11n })).rejects.toMatchObject(lost);
  expect(await store.resumeFrom(from)).toBe(5n);
  expect((await store.applied())[from.topic]).toEqual({ 0: 4n });
  await store.write([next], { ...from, nextOffset: 10n });
  expect((await store.applied())[from.topic]).toEqual({ 0: 9n });
});

it('writes nothing of a call in which one of many buckets has lost writes, and names it', async () => {
  const from = newTopic();
  await store.resumeFrom(from);
  const keys = Array.from({ length: 60 }, () => Buffer.from(randomUUID()));
  const rowsAt = (offset: number) => keys.map((key) => row(offset, { key }));
  expect(await store.write(rowsAt(1), { ...from, nextOffset: 2n })).toEqual({ changed: 60 });
  const lost = bucketOf(keys[30] ?? Buffer.alloc(0));
  await redis.hdel(`${name}:2:{${lost}}:positions`, fieldOf(from));
  await expect(store.write(rowsAt(2), { ...from, nextOffset: 3n })).rejects.toMatchObject({
    code: 'STORE_LOST_WRITES',
    message: expect.stringContaining(`bucket ${lost} `),
  });
  const found = await store.read(keys.map((key) => ({ entity: 'airport', key, views: ['departures'] })));
  expect(found.map(([one]) => one?.eventTime)).toEqual(keys.map(() => 1n));
  const buckets = await Promise.all(keys.map((key) => store.readBucket(bucketOf(key))));
  expect(new Set(buckets.map(({ nextOffsets }) => nextOffsets.get(fieldOf(from))))).toEqual(
    new Set([2n, undefined]),
  );
});

it('notices at a checkpoint that a server lost everything', async () => {
  const from = newTopic();
  await store.resumeFrom(from);
  await store.write([row(0)], { ...from, nextOffset: 1n });
  await redis.hdel(`${name}:2:{store}:applied`, fieldOf(from));
  await expect(store.checkpoint()).rejects.toMatchObject({
    code: 'STORE_LOST_WRITES',
    details: { topic: from.topic },
  });
  await store.checkpoint();
  expect(await store.resumeFrom(from)).toBe(0n);
});

it('notices at a checkpoint a bucket that lost its positions', async () => {
  const from = newTopic();
  await store.resumeFrom(from);
  await store.write([], { ...from, nextOffset: 1n });
  await store.checkpoint();
  await redis.hdel(`${name}:2:{77}:positions`, fieldOf(from));
  await store.write([], { ...from, nextOffset: 2n });
  await expect(store.checkpoint()).rejects.toMatchObject({
    code: 'STORE_LOST_WRITES',
    details: { topic: from.topic },
  });
  expect(await store.resumeFrom(from)).toBe(0n);
});

it('goes on when the server has forgotten the scripts', async () => {
  const from = newTopic();
  await store.resumeFrom(from);
  await redis.script('FLUSH');
  const rows = Array.from({ length: 50 }, (_, offset) => row(offset));
  expect(await store.write(rows, { ...from, nextOffset: 50n })).toEqual({ changed: 50 });
  await redis.script('FLUSH');
  const found = await store.read(rows.map(({ entity, key, view }) => ({ entity, key, views: [view] })));
  expect(found.map(([one]) => one?.eventTime)).toEqual(rows.map(({ eventTime }) => eventTime));
});

it('writes many and large rows of one bucket in pieces', async () => {
  const from = newTopic();
  await store.resumeFrom(from);
  const key = Buffer.from(randomUUID());
  const many = Array.from({ length: 1300 }, (_, index) => row(7, { key, view: `v${index}` }));
  const large = Array.from({ length: 5 }, (_, index) =>
    row(7, { key, view: `l${index}`, value: Buffer.alloc(700_000, index) }),
  );
  expect(await store.write([...many, ...large], { ...from, nextOffset: 8n })).toEqual({ changed: 1305 });
  const { rows, nextOffsets } = await store.readBucket(bucketOf(key));
  expect(rows.filter((one) => one.key.equals(key))).toHaveLength(1305);
  expect(nextOffsets.get(fieldOf(from))).toBe(8n);
});

it('takes a store of the layout before for an empty one, which is then filled again', async () => {
  const from = newTopic();
  const key = Buffer.from(randomUUID());
  const bucket = bucketOf(key);
  // What was there before rows had the time of their recording: 33 bytes, and the value.
  await redis.hset(`${name}:{${bucket}}:e:airport:${key.toString()}`, 'departures', Buffer.alloc(40));
  for (let each = 0; each < BUCKETS; each++)
    await redis.hset(`${name}:{${each}}:positions`, fieldOf(from), '9');
  await redis.hset(`${name}:applied`, fieldOf(from), '9');
  expect(await store.read([{ entity: 'airport', key, views: ['departures'] }])).toEqual([[undefined]]);
  expect((await store.applied())[from.topic]).toBeUndefined();
  expect(await store.resumeFrom(from)).toBe(0n);
});

it('fails with STORE_UNAVAILABLE when nobody answers', async () => {
  await expect(
    connectRedisOnlineStore({ url: 'redis://127.0.0.1:1', name: uniqueName('online') }),
  ).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});
