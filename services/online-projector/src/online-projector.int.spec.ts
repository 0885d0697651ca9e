import { randomUUID } from 'node:crypto';
import {
  connectKafka,
  connectSchemaRegistry,
  EventCodec,
  type EventLog,
  kafkaConfig,
} from '@millrace/event-log';
import { type DeadLettered, featureTopic, frame, newEventId, subjectOf, topics } from '@millrace/events';
import { type Catalog, defineEntity, defineFeatureView, featureRowSchema } from '@millrace/feature-registry';
import { type Running, SECOND, startTogether, systemClock } from '@millrace/kernel';
import { connectRedisOnlineStore, type OnlineStore, readService } from '@millrace/online-store';
import { catalogOf, rowEncoder, type TestRow } from '@millrace/online-store/testing';
import { deadLettersTo } from '@millrace/processing';
import { testStack, uniqueName } from '@millrace/testing';
import { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { applyBatch } from './apply-batch.ts';
import { type OnlineProjectorMetrics, onlineProjectorMetrics } from './metrics.ts';
import { startProjection } from './projection.ts';

const view = uniqueName('online');
const storeName = uniqueName('store');
const airport = defineEntity({ name: uniqueName('airport'), keys: { airport: 'string' }, owner: 'tests' });
const { definition } = defineFeatureView({
  name: view,
  entity: airport,
  ttl: '1h',
  owner: 'tests',
  features: { delay: { type: 'double' }, count: { type: 'long' } },
});
const topic = featureTopic(view);
const registry = connectSchemaRegistry({ schemaRegistryUrl: testStack().schemaRegistry.url });
const codec = new EventCodec(registry);
const failures: unknown[] = [];

let log: EventLog;
let catalog: Catalog;
let encode: (row: TestRow) => Buffer;
let store: OnlineStore;
let connections: Running<void>;

beforeAll(async () => {
  connections = await startTogether(async (starter) => {
    const config = kafkaConfig({ kafkaBrokers: testStack().kafka.brokers.join(',') });
    log = await starter.start(() => connectKafka({ clientId: 'online-projector-test', config }));
    store = await starter.start(() =>
      connectRedisOnlineStore({ url: testStack().redis.url, name: storeName }),
    );
  });
  await log.ensureTopics([topics.deadLetters, { name: topic, partitions: 3 }]);
  const schema = JSON.stringify(featureRowSchema(definition, airport));
  const schemaId = await registry.register(subjectOf(topic, 'FeatureWritten'), schema);
  catalog = catalogOf([airport, definition], () => schemaId);
  encode = rowEncoder(catalog, view);
});

afterAll(async () => {
  await connections.stop();
  if (failures.length > 0) throw new AggregateError(failures, 'the projector failed');
});

async function startProjector(checkpointMs = 60_000): Promise<Running<OnlineProjectorMetrics>> {
  return startTogether(async (starter) => {
    const metrics = onlineProjectorMetrics(new Registry());
    const own = await starter.start(() =>
      connectRedisOnlineStore({ url: testStack().redis.url, name: storeName }),
    );
    await starter.start(() =>
      startProjection({
        log,
        definitions: { catalog, onChange: () => () => undefined, caughtUp: () => Promise.resolve() },
        store: own,
        apply: applyBatch({
          store: own,
          catalog,
          registry,
          deadLetters: deadLettersTo(log, codec, 'online-projector', systemClock),
          metrics,
          maxAhead: 600n * SECOND,
        }),
        checkpointMs,
        fetchBytes: 1 << 20,
        onLoss: () => metrics.lost.inc(),
        onCheckpointFailure: () => undefined,
        onFailure: (error) => failures.push(error),
      }),
    );
    return metrics;
  });
}

const row = (name: string, part: Partial<TestRow> & Pick<TestRow, 'values'>): TestRow => ({
  key: { airport: name },
  eventId: newEventId(),
  eventTime: systemClock.now() - 60n * SECOND,
  ...part,
});

/** Appends values under the key of an entity and waits until the store has them. */
async function append(
  ...records: readonly { readonly name: string; readonly value: Buffer }[]
): Promise<void> {
  const { keyCodec } = catalog.view(view);
  const appended = await log.append(
    records.map(({ name, value }) => ({ topic, key: keyCodec.encode({ airport: name }), value })),
  );
  const positions: Record<string, bigint> = {};
  for (const { partition, offset } of appended) positions[partition] = offset;
  expect(await store.waitFor({ [topic]: positions }, 20_000)).toBe(true);
}

async function answer(name: string) {
  const features = catalog.features([
    { view, feature: 'delay' },
    { view, feature: 'count' },
  ]);
  const { entities } = await readService(store, features, [{ airport: name }], { withOrigin: true });
  return entities[0];
}

it('brings rows into the store: late ones, copies, deletions and expired ones too', async () => {
  const projector = await startProjector();
  const [live, deleted, old] = [randomUUID(), randomUUID(), randomUUID()];
  const now = systemClock.now();
  const newest = row(live, { eventTime: now - SECOND, values: { delay: 2.5, count: 2n ** 60n } });
  const original = row(deleted, { eventTime: now - SECOND, values: { delay: 1, count: 1n } });
  await append(
    { name: live, value: encode(newest) },
    {
      name: live,
      value: encode(row(live, { eventTime: now - 2n * SECOND, values: { delay: 0, count: 0n } })),
    },
    { name: deleted, value: encode(original) },
    { name: deleted, value: encode(row(deleted, { eventTime: now - SECOND, values: null })) },
    { name: deleted, value: encode(original) },
    {
      name: old,
      value: encode(row(old, { eventTime: now - 3601n * SECOND, values: { delay: 1, count: 1n } })),
    },
  );
  expect(await answer(live)).toMatchObject({
    values: [2.5, 2n ** 60n],
    statuses: ['PRESENT', 'PRESENT'],
    rows: [{ name: view, status: 'PRESENT', eventTime: now - SECOND, topic }],
  });
  expect(await answer(deleted)).toMatchObject({ values: [null, null], statuses: ['NOT_FOUND', 'NOT_FOUND'] });
  expect((await answer(old))?.statuses).toEqual(['OUTSIDE_MAX_AGE', 'OUTSIDE_MAX_AGE']);
  await projector.stop();
});

it('makes dead letters of what it cannot process, and goes on', async () => {
  const projector = await startProjector();
  const name = randomUUID();
  const good = encode(row(name, { values: { delay: 1, count: 7n } }));
  const bad = [
    Buffer.from('{"not":"avro"}'),
    Buffer.alloc(0),
    frame(2_000_000_000, good.subarray(5)),
    good.subarray(0, good.length - 1),
    Buffer.concat([good, Buffer.of(1)]),
    encode(row(name, { eventTime: systemClock.now() + 3600n * SECOND, values: { delay: 9, count: 9n } })),
  ];
  await append(...[...bad, good].map((value) => ({ name, value })));
  expect((await answer(name))?.values).toEqual([1, 7n]);
  const letters: DeadLettered[] = [];
  const following = await log.follow({
    topic: topics.deadLetters.name,
    onFailure: (error) => failures.push(error),
    async onRecord({ value }) {
      const decoded = value === null ? undefined : await codec.decode(value);
      if (decoded?.name === 'DeadLettered' && decoded.event.topic === topic) letters.push(decoded.event);
    },
  });
  await following.value.caughtUp();
  await following.stop();
  expect(letters.map(({ code, value }) => ({ code, value }))).toEqual(
    [
      'EVENT_MALFORMED',
      'EVENT_MALFORMED',
      'SCHEMA_UNKNOWN',
      'EVENT_MALFORMED',
      'EVENT_MALFORMED',
      'EVENT_TOO_FAR_AHEAD',
    ].map((code, index) => ({ code, value: bad[index] })),
  );
  await projector.stop();
});

it('goes on after a stop where the store is, without reading all again', async () => {
  const before = await startProjector();
  const name = randomUUID();
  await append({ name, value: encode(row(name, { values: { delay: 1, count: 1n } })) });
  await before.stop();
  const after = await startProjector();
  await append({ name, value: encode(row(name, { values: { delay: 2, count: 2n } })) });
  const { values } = await after.value.rows.get();
  expect(values.map(({ value }) => value)).toEqual([1]);
  expect((await answer(name))?.values).toEqual([2, 2n]);
  await after.stop();
});

it('fills a store again that lost everything, while it runs and nothing is written', async () => {
  const projector = await startProjector(50);
  const name = randomUUID();
  await append({ name, value: encode(row(name, { values: { delay: 3, count: 3n } })) });
  await emptyStore();
  await vi.waitFor(async () => expect((await answer(name))?.values).toEqual([3, 3n]), { timeout: 20_000 });
  const { values } = await projector.value.lost.get();
  expect(values[0]?.value).toBeGreaterThan(0);
  await append({ name, value: encode(row(name, { values: { delay: 4, count: 4n } })) });
  expect((await answer(name))?.values).toEqual([4, 4n]);
  await projector.stop();
});

async function emptyStore(): Promise<void> {
  const redis = new Redis(testStack().redis.url);
  const keys = await redis.keysBuffer(`${storeName}:*`);
  await redis.del(...keys);
  redis.disconnect();
}
