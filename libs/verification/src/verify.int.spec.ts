import { newEventId } from '@millrace/events';
import { defineEntity, defineFeatureView } from '@millrace/feature-registry';
import { type Running, SECOND, systemClock } from '@millrace/kernel';
import { bucketOf } from '@millrace/online-store';
import { openOfflineStore, physicalTable } from '@millrace/offline-store';
import { testStack, uniqueName } from '@millrace/testing';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openVerificationWorld, type TestRow, type VerificationWorld } from './testing/verification-world.ts';
import { verify } from './verify.ts';

const route = defineEntity({
  name: uniqueName('route'),
  keys: { origin: 'string', number: 'long', seat: 'int', direct: 'bool' },
  owner: 'tests',
});
const T = systemClock.now() - 3_600n * SECOND;
const key = (origin: string, number = -(2n ** 40n)) => ({ origin, number, seat: 70_000, direct: true });
const PARTITIONS = 3;

let running: Running<VerificationWorld>;
let world: VerificationWorld;
let view: string;

beforeAll(async () => {
  running = await openVerificationWorld(PARTITIONS);
  world = running.value;
});
afterAll(() => running.stop());

/** Each test has a view of its own, and spoils what the stores have of it. */
beforeEach(async () => {
  view = uniqueName('routes');
  const { definition } = defineFeatureView({
    name: view,
    entity: route,
    ttl: '1d',
    owner: 'tests',
    features: {
      delay: { type: 'double' },
      count: { type: 'long' },
      name: { type: 'string' },
      vector: { type: { array: 'float' } },
      seen: { type: 'timestamp' },
    },
  });
  await world.define(route, definition);
  await world.append(view, history());
  await world.log.append([{ topic: topicOf(), key: Buffer.from('x'), value: Buffer.from('no event') }]);
});

const topicOf = () => `features.${view}`;

function row(origin: string, at: bigint, part: Partial<TestRow> = {}): TestRow {
  const values = { delay: 1.5, count: 2n ** 60n + 1n, name: 'Zürich', vector: [1, Number.NaN], seen: T };
  return { key: key(origin), eventTime: T + at, values, ...part };
}

/** Late, deleted, repeated and tied events, nulls, odd numbers, and many plain ones. */
function history(): TestRow[] {
  const first = row('repeated', 5n);
  const copied = { ...first, eventId: newEventId() };
  const ids = { a: newEventId(), b: newEventId() };
  return [
    row('late', 10n),
    row('late', 5n, { values: null }),
    row('deleted', 1n),
    row('deleted', 2n, { values: null }),
    copied,
    row('repeated', 5n, { values: null }),
    copied,
    row('tied', 7n, { eventId: ids.a }),
    row('tied', 7n, {
      eventId: ids.b,
      values: { delay: -0, count: null, name: null, vector: null, seen: null },
    }),
    row('tied', 7n, { eventId: ids.a }),
    row('', 3n, { values: { delay: Number.NaN, count: 0n, name: '', vector: [], seen: -1n } }),
    row('old', -(10n * 86_400n * SECOND)),
    ...Array.from({ length: 500 }, (_, i) =>
      row('plain', BigInt(i % 7), { key: key(`plain ${i % 200}`, BigInt(i % 200) * 2n ** 33n) }),
    ),
  ];
}

/** One bad record makes a dead letter; the projector writes it before it says that the range is stored. */
async function projectAll(): Promise<void> {
  await world.writeDeadLetters(view);
  await world.project(view);
}

const check = (maxDifferences = 20) => verify(world.parts, { views: [view], waitMs: 500, maxDifferences });

it('finds nothing in stores that are as the log says', async () => {
  await projectAll();
  const report = await check();
  expect(report.differences).toEqual([]);
  expect(report).toMatchObject({
    outcome: 'equal',
    pending: [],
    conservation: {
      topics: [{ topic: topicOf(), offsets: 513, rows: 512, deadLetters: 1, empty: 0, events: 510 }],
    },
    parity: { buckets: 1024, views: [{ view, entities: 206, collected: 0 }] },
  });
});

it('says so when a store has not what the log had', async () => {
  await projectAll();
  await world.append(view, [row('late', 20n)]);
  await world.project(view, ['offline']);
  expect(await check()).toMatchObject({
    outcome: 'not-reached',
    counts: { lost: 0, unknown: 0, doubled: 0, differing: 0 },
    pending: [{ store: 'online', topic: topicOf() }],
  });
});

const rowKey = (origin: string) => {
  const bytes = world.view(view).keyCodec.encode(key(origin));
  const bucket = bucketOf(bytes);
  const prefix = `${world.storeName}:2:{${bucket}}:`;
  return {
    hash: Buffer.concat([Buffer.from(`${prefix}e:${route.name}:`), bytes]),
    entities: `${prefix}entities`,
    member: Buffer.concat([Buffer.from(`${route.name}:`), bytes]),
  };
};

it('finds a value that is corrupt in Redis', async () => {
  await projectAll();
  const { hash } = rowKey('late');
  const stored = await world.redis.hgetBuffer(hash, view);
  const at = stored?.indexOf(Buffer.from('Zürich')) ?? -1;
  stored?.write('Munich!', at);
  await world.redis.hset(hash, view, stored ?? '');
  expect((await check()).differences).toMatchObject([
    {
      kind: 'differing',
      store: 'online',
      subject: view,
      entityKey: 'origin=late, number=-1099511627776, seat=70000, direct=true',
      column: 'name',
      online: expect.stringContaining('name="Munich!"'),
      offline: expect.stringContaining('name="Zürich"'),
      origin: { topic: topicOf(), eventId: expect.any(String) },
      cause: expect.stringMatching(/^Redis has a value that the log does not have at features\..*@\d+$/),
    },
  ]);
});

it('finds a value that is corrupt in ClickHouse', async () => {
  await projectAll();
  await alter(`UPDATE delay = 1.5000000000000002 WHERE origin = 'late' AND NOT deleted`);
  const { outcome, differences } = await check();
  expect(outcome).toBe('different');
  expect(differences).toMatchObject([
    {
      kind: 'differing',
      store: 'offline',
      column: 'delay',
      offline: expect.stringContaining('delay=1.5000000000000002'),
      cause: expect.stringContaining('ClickHouse has a value that the log does not have'),
    },
  ]);
});

it('finds a row that ClickHouse has lost', async () => {
  await projectAll();
  await alter(`DELETE WHERE origin = 'late' AND NOT deleted`);
  const { counts, conservation, differences } = await check();
  expect(counts).toEqual({ lost: 2, unknown: 0, doubled: 0, differing: 0 });
  expect(conservation.topics).toMatchObject([{ rows: 511, deadLetters: 1, counts: { lost: 1 } }]);
  expect(differences).toMatchObject([
    {
      kind: 'lost',
      store: 'offline',
      cause: expect.stringMatching(/ClickHouse lacks the record at .*no dead letter/),
    },
    { kind: 'lost', store: 'offline', cause: expect.stringContaining('ClickHouse lacks the record at') },
  ]);
});

it('finds an entity that Redis has lost', async () => {
  await projectAll();
  const { hash, entities, member } = rowKey('tied');
  await world.redis.del(hash);
  await world.redis.srem(entities, member);
  expect((await check()).differences).toMatchObject([
    {
      kind: 'lost',
      store: 'online',
      online: 'no row',
      cause: expect.stringContaining('Redis lacks the record at'),
    },
  ]);
});

it('finds an entity of a bucket that Redis has lost with its positions', async () => {
  await projectAll();
  const { hash, entities, member } = rowKey('tied');
  await world.redis.del(hash, entities.replace(/entities$/, 'positions'));
  await world.redis.srem(entities, member);
  expect((await check()).counts).toMatchObject({ lost: 1, unknown: 0, differing: 0 });
});

it('knows what Redis has let go', async () => {
  await projectAll();
  const { hash, entities, member } = rowKey('late');
  await world.redis.del(hash);
  await world.redis.srem(entities, member);
  const clock = { now: () => systemClock.now() + 30n * 86_400n * SECOND };
  expect(await verify({ ...world.parts, clock }, { views: [view] })).toMatchObject({
    outcome: 'equal',
    parity: { views: [{ entities: 206, collected: 1 }] },
  });
});

it('finds a row of ClickHouse that the log does not have', async () => {
  await projectAll();
  await copyRow(`'plain 3'`, `'invented'`, 'offset + 100000');
  await copyRow(`'plain 4'`, `'invented'`, 'offset');
  const { counts, differences } = await check();
  expect(counts).toMatchObject({ unknown: 2, lost: 0 });
  expect(differences.map(({ cause }) => cause).sort()).toMatchObject([
    expect.stringMatching(/^ClickHouse has a row that the log does not have/),
    expect.stringMatching(/^features_.* has 2 different rows from .*, where the log has one record$/),
    expect.stringMatching(/^features_.* has a row from .*, which the log does not have$/),
  ]);
});

it('finds a row of Redis that the log does not have', async () => {
  await projectAll();
  const from = await world.redis.hgetBuffer(rowKey('late').hash, view);
  const { hash, entities, member } = rowKey('invented');
  await world.redis.hset(hash, view, from ?? '');
  await world.redis.sadd(entities, member);
  expect((await check()).differences).toMatchObject([
    {
      kind: 'unknown',
      store: 'online',
      entityKey: expect.stringContaining('invented'),
      cause: expect.stringMatching(/Redis has a row that the log does not have .* is of origin=late/),
    },
  ]);
});

it('finds a row of Redis that is older than it should be', async () => {
  await projectAll();
  const { hash } = rowKey('late');
  const before = await world.redis.hgetBuffer(hash, view);
  await world.append(view, [row('late', 30n)]);
  await world.project(view);
  await world.redis.hset(hash, view, before ?? '');
  expect((await check()).differences).toMatchObject([
    { kind: 'lost', store: 'online', cause: expect.stringContaining('Redis missed the newer record at') },
  ]);
});

it('finds an emptied store, and counts what it does not list', async () => {
  await projectAll();
  const keys = await world.redis.keysBuffer(`${world.storeName}:2:{*}:e:*`);
  for (const hash of keys) await world.redis.hdel(hash, view);
  const { counts, differences } = await check(3);
  expect(counts).toEqual({ lost: 206, unknown: 0, doubled: 0, differing: 0 });
  expect(differences).toHaveLength(3);
});

it('finds nothing while rows are being written', async () => {
  await projectAll();
  const writing = new AbortController();
  const writes = (async () => {
    for (let at = 100n; !writing.signal.aborted; at += 1n) {
      const origins = Array.from({ length: 50 }, (_, i) => `live ${i}`);
      await world.append(
        view,
        origins.map((origin) => row(origin, at)),
      );
      await world.project(view, ['online']);
      await world.project(view, ['offline']);
    }
  })();
  try {
    for (let pass = 0; pass < 3; pass += 1) {
      const { outcome, differences, pending } = await verify(world.parts, { views: [view], waitMs: 20_000 });
      expect({ outcome, differences, pending }).toEqual({ outcome: 'equal', differences: [], pending: [] });
    }
  } finally {
    writing.abort();
    await writes;
  }
});

it('does not take the markers of transactions for lost records', async () => {
  const kafka = new Kafka({ brokers: [...testStack().kafka.brokers], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ transactionalId: view, maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  const transaction = await producer.transaction();
  for (const partition of [0, 1, 2]) {
    await transaction.send({ topic: topicOf(), messages: [{ partition, value: 'taken back' }] });
  }
  const ends = async () => (await world.parts.log.spans(topicOf())).reduce((sum, { next }) => sum + next, 0n);
  const before = await ends();
  await transaction.abort();
  await producer.disconnect();
  // The coordinator writes markers after it has answered; until then nothing of the transaction can be read.
  await expect.poll(ends).toBe(before + 6n);
  await world.append(view, [row('after', 1n)]);
  await projectAll();
  expect(await check()).toMatchObject({
    outcome: 'equal',
    conservation: { topics: [{ offsets: 513 + 6 + 1, rows: 513, deadLetters: 1, empty: 6 }] },
  });
});

it('finds a corrupt value in an old row only when it looks at every row', async () => {
  await projectAll();
  expect(await verify(world.parts, { views: [view], deep: true })).toMatchObject({
    outcome: 'equal',
    records: { rows: 512, differences: 0 },
  });
  await alter(`UPDATE count = 7, vector = [1, 2] WHERE origin = 'deleted' AND NOT deleted`);
  expect(await check()).toMatchObject({ outcome: 'equal', records: null });
  const { differences } = await verify(world.parts, { views: [view], deep: true });
  expect(differences).toMatchObject([
    {
      kind: 'differing',
      store: 'offline',
      entityKey: expect.stringContaining('origin=deleted'),
      column: 'count, vector',
      offline: 'count=7, vector=[1, 2]',
    },
  ]);
});

it('finds a time that is corrupt in ClickHouse', async () => {
  await projectAll();
  await alter(
    `UPDATE event_time = event_time + toIntervalMicrosecond(1) WHERE origin = 'late' AND NOT deleted`,
  );
  expect((await check()).differences).toMatchObject([
    {
      kind: 'differing',
      cause: expect.stringMatching(/as_of_key of the row from .* is not made of its own/),
    },
    { kind: 'differing', store: 'offline', column: 'event_time' },
  ]);
});

it('has nothing to say about a view without rows, and finds a table that is gone', async () => {
  const empty = await check();
  expect(empty).toMatchObject({ outcome: 'not-reached', counts: { lost: 0 } });
  await projectAll();
  await world.clickhouse.command({ query: `DROP TABLE ${physicalTable(`features_${view}_raw`, 1)} SYNC` });
  const { counts, differences } = await check();
  expect(counts.lost).toBe(513 + 206);
  expect(differences).toMatchObject([{ cause: expect.stringContaining('says that it has 513 offsets') }]);
});

it('tells views that still show the generation before from rows that are lost', async () => {
  await projectAll();
  const topic = topicOf();
  const names = [`features_${view}_raw`, `features_${view}`];
  const before = await Promise.all(
    names.map((name) =>
      world.clickhouse
        .query({ query: `SHOW CREATE ${name}`, format: 'TabSeparatedRaw' })
        .then((answer) => answer.text()),
    ),
  );
  await world.offline.generations.request([{ topic, until: null }]);
  await world.offline.ensureView(world.view(view), 2);
  const [first, second] = [1, 2].map((number) => physicalTable(`features_${view}_raw`, number));
  await world.clickhouse.command({ query: `INSERT INTO ${second} SELECT * FROM ${first}` });
  await world.clickhouse.command({
    query: `INSERT INTO applied_ranges (topic, epoch, partition, first_offset, last_offset, rebuilt)
            SELECT topic, epoch, partition, first_offset, last_offset, 1 FROM applied_ranges WHERE topic = '${topic}'`,
  });
  // The generation before stands as it was left, and the projector died before it replaced the views.
  await world.offline.generations.goLive([{ topic, number: 2 }]);
  for (const create of before)
    await world.clickhouse.command({ query: create.replace('CREATE', 'CREATE OR REPLACE') });
  await alter(`DELETE WHERE origin = 'late'`);
  const stale = names.map((name) => ({ topic, view: name, shows: 1, live: 2 }));
  expect(await check()).toMatchObject({ outcome: 'not-reached', differences: [], pending: [], stale });

  // Names of the other half were replaced, or are gone.
  await world.clickhouse.command({ query: `DROP VIEW features_${view}` });
  expect(await check()).toMatchObject({ differences: [], stale: [{ shows: 1 }, { shows: null, live: 2 }] });

  const projector = await openOfflineStore(world.clickhouse, { cluster: '' });
  await projector.ensureView(world.view(view), 2);
  const { outcome, differences } = await check();
  expect({ outcome, differences }).toEqual({ outcome: 'equal', differences: [] });
});

it('finds events that the view for analysts shows twice, or never', async () => {
  await projectAll();
  const table = `features_${view}`;
  const replace = (select: string) =>
    world.clickhouse.command({ query: `CREATE OR REPLACE VIEW ${table} AS ${select}` });
  await replace(`SELECT * FROM ${table}_raw_g1`);
  const twice = await check();
  expect(twice.counts).toEqual({ lost: 0, unknown: 0, doubled: 2, differing: 0 });
  expect(twice.differences).toMatchObject([
    { kind: 'doubled', subject: table, cause: `the view ${table} shows the event 2 times` },
    { kind: 'doubled', subject: table },
  ]);
  await replace(`SELECT * FROM ${table}_raw_g1 WHERE origin NOT IN ('late', 'repeated', 'tied')`);
  expect((await check()).counts).toEqual({ lost: 6, unknown: 0, doubled: 0, differing: 0 });
});

async function alter(change: string): Promise<void> {
  const table = physicalTable(`features_${view}_raw`, 1);
  await world.clickhouse.command({
    query: `ALTER TABLE ${table} ${change}`,
    clickhouse_settings: { mutations_sync: '2' },
  });
}

/** Puts a copy of a row beside it: another entity, another place. */
async function copyRow(from: string, to: string, offset: string): Promise<void> {
  const table = physicalTable(`features_${view}_raw`, 1);
  await world.clickhouse.command({
    query: `INSERT INTO ${table} SELECT * REPLACE (${to} AS origin, ${offset} AS offset, generateUUIDv4() AS event_id,
      bitOr(bitShiftLeft(bitShiftRight(as_of_key, 64), 64), toUInt128(bitOr(bitShiftLeft(toUInt64(${offset}), 16), toUInt64(partition)))) AS as_of_key)
      FROM (SELECT * FROM ${table} WHERE origin = ${from} LIMIT 1)`,
  });
}
