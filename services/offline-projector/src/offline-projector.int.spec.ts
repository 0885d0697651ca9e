import type { ClickHouseClient } from '@clickhouse/client';
import { connectKafka, connectSchemaRegistry, EventCodec, type EventLog } from '@millrace/event-log';
import { compileAvro, type EventId, featureTopic, frame, newEventId, topics } from '@millrace/events';
import { defineEntity, defineFeatureView, featureRowSchema } from '@millrace/feature-registry';
import { type Running, startTogether } from '@millrace/kernel';
import { connectClickHouse } from '@millrace/offline-store';
import { createLogger } from '@millrace/telemetry';
import { assertTestName, registerDefinitions, startOwnKafka, testStack, uniqueName } from '@millrace/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { offlineProjectorConfigSchema } from './config.ts';
import { startOfflineProjector } from './service.ts';

interface World {
  readonly log: EventLog;
  readonly client: ClickHouseClient;
  startProjector(): Promise<Running<{ readonly url: string }>>;
}

const failures: unknown[] = [];
const PATIENCE = { timeout: 90_000, interval: 50 };
let running: Running<World>;
const { schemaRegistry, clickhouse } = testStack();
const registry = connectSchemaRegistry({ schemaRegistryUrl: schemaRegistry.url });
const codec = new EventCodec(registry);

beforeAll(async () => {
  running = await startTogether(async (starter) => {
    const kafka = await starter.start(() => startOwnKafka());
    const database = uniqueName('projector');
    const config = offlineProjectorConfigSchema.parse({
      kafkaBrokers: kafka.brokers.join(','),
      schemaRegistryUrl: schemaRegistry.url,
      clickhouseUrl: clickhouse.url,
      clickhouseUser: clickhouse.user,
      clickhousePassword: clickhouse.password,
      clickhouseDatabase: database,
      offlineProjectorPort: 0,
    });
    const log = await starter.start(() => connectKafka({ clientId: 'test', config }));
    await log.ensureTopics(Object.values(topics));
    const client = await starter.start(() => connectClickHouse(config));
    starter.onStop(async () => {
      await client.command({ query: `DROP DATABASE IF EXISTS ${assertTestName(database)}` });
    });
    const logger = createLogger('test', 'silent');
    const startProjector = () =>
      startOfflineProjector({ config, logger, onFailure: (error) => void failures.push(error) });
    return { log, client, startProjector };
  });
});
afterAll(() => running.stop());

const entity = defineEntity({ name: uniqueName('airport'), keys: { airport: 'string' }, owner: 'test' });

function departures(name: string) {
  return defineFeatureView({
    name,
    entity,
    ttl: '1d',
    owner: 'test',
    features: { mean_delay: { type: 'double', description: 'Minutes.' }, departures: { type: 'int' } },
  });
}

async function rows<T>(query: string): Promise<T[]> {
  const answer = await running.value.client.query({ query, format: 'JSONEachRow' });
  return answer.json<T>();
}

const event = (values: object | null, airport: string, eventId: EventId = newEventId()) => ({
  envelope: {
    eventId,
    eventTime: 980_000_000_000_001n,
    producer: { service: 'test', version: null, commit: null },
    traceparent: null,
  },
  key: { airport },
  values,
});

test('rows, copies, deletions and dead letters of a view land, each event once, and a restart changes nothing', async () => {
  const { log, startProjector } = running.value;
  const view = departures(uniqueName('departures'));
  const { name } = view.definition;
  await registerDefinitions(log, registry, codec, [entity, view.definition]);
  const first = await startProjector();
  const schema = JSON.stringify(featureRowSchema(view.definition, entity));
  const schemaId = await registry.register(`${featureTopic(name)}-value`, schema);
  const avro = compileAvro(JSON.parse(schema));
  const topic = featureTopic(name);
  const encode = (value: unknown) => frame(schemaId, avro.toBuffer(value));
  const resent = encode(event({ mean_delay: 1.5, departures: 3 }, 'SFO'));
  const whole = encode(event({ mean_delay: null, departures: 4 }, 'JFK'));
  const values = [
    resent,
    whole,
    resent,
    encode(event(null, 'JFK')),
    whole.subarray(0, -1),
    Buffer.from('not avro at all'),
    frame(2_000_000_000, Buffer.from([1])),
  ];
  await log.append(values.map((value, index) => ({ topic, key: Buffer.from(String(index)), value })));
  const expected = [
    { airport: 'JFK', mean_delay: null, departures: null, deleted: true },
    { airport: 'JFK', mean_delay: null, departures: 4, deleted: false },
    { airport: 'SFO', mean_delay: 1.5, departures: 3, deleted: false },
  ];
  const select = `SELECT airport, mean_delay, departures, deleted FROM features_${name} ORDER BY airport, deleted DESC`;
  await vi.waitFor(async () => expect(await rows(select)).toEqual(expected), PATIENCE);
  const letters = `SELECT code, service FROM dead_letters WHERE source_topic = '${topic}' ORDER BY code`;
  await vi.waitFor(
    async () =>
      expect(await rows(letters)).toEqual([
        { code: 'EVENT_MALFORMED', service: 'offline-projector' },
        { code: 'EVENT_MALFORMED', service: 'offline-projector' },
        { code: 'SCHEMA_UNKNOWN', service: 'offline-projector' },
      ]),
    PATIENCE,
  );
  await first.stop();

  const second = await startProjector();
  await log.append([
    { topic, key: Buffer.from('x'), value: encode(event({ mean_delay: 9, departures: 9 }, 'ZRH')) },
  ]);
  await vi.waitFor(async () => expect(await rows(select)).toHaveLength(4), PATIENCE);
  const covered = `SELECT sum(rows)::UInt32 AS rows, sum(dead_letters)::UInt32 AS letters FROM applied_ranges WHERE topic = '${topic}'`;
  // Said only after the rows are there.
  await vi.waitFor(async () => expect(await rows(covered)).toEqual([{ rows: 5, letters: 3 }]), PATIENCE);
  await second.stop();
  expect(failures).toEqual([]);
});

test('a view that gains a feature gains a column, with its comment, before the first row that has it', async () => {
  const { log, startProjector } = running.value;
  const before = departures(uniqueName('evolving'));
  const { name } = before.definition;
  await registerDefinitions(log, registry, codec, [entity, before.definition]);
  const projector = await startProjector();
  const after = defineFeatureView({
    name,
    entity,
    ttl: '1d',
    owner: 'test',
    features: { ...before.features, tags: { type: { array: 'string' }, description: 'Words.' } },
  });
  await registerDefinitions(log, registry, codec, [entity, after.definition]);
  for (const view of [before, after]) {
    const schema = JSON.stringify(featureRowSchema(view.definition, entity));
    const schemaId = await registry.register(`${featureTopic(name)}-value`, schema);
    const values =
      view === before ? { mean_delay: 1, departures: 1 } : { mean_delay: 2, departures: 2, tags: ['a', 'b'] };
    const value = frame(schemaId, compileAvro(JSON.parse(schema)).toBuffer(event(values, 'SFO')));
    await log.append([{ topic: featureTopic(name), key: Buffer.from('SFO'), value }]);
  }
  await vi.waitFor(
    async () =>
      expect(
        await rows(`SELECT departures, tags, tags__present FROM features_${name} ORDER BY departures`),
      ).toEqual([
        { departures: 1, tags: [], tags__present: false },
        { departures: 2, tags: ['a', 'b'], tags__present: true },
      ]),
    PATIENCE,
  );
  const comment = `SELECT comment FROM system.columns WHERE database = currentDatabase() AND table = 'features_${name}_raw' AND name = 'tags'`;
  expect(await rows(comment)).toEqual([{ comment: 'Words. (array<string>)' }]);
  await projector.stop();
  expect(failures).toEqual([]);
});

test('predictions and labels land, and of the labels of one prediction the newest shows', async () => {
  const { log, startProjector } = running.value;
  const projector = await startProjector();
  const id = uniqueName('prediction');
  const envelope = (seconds: bigint) => ({
    eventId: newEventId(),
    eventTime: 980_000_000_000_000n + seconds * 1_000_000n,
    producer: { service: 'app', version: null, commit: null },
    traceparent: null,
  });
  const prediction = await codec.encode(topics.predictions.name, 'PredictionMade', {
    envelope: envelope(0n),
    predictionId: id,
    model: 'late',
    modelVersion: '1',
    alias: 'champion',
    featureService: 'late',
    featureServiceHash: 'h',
    entityKey: { airport: 'SFO' },
    readAt: 980_000_000_000_000n,
    servedViews: [
      { name: 'origin', view: 'departures', status: 'PRESENT', eventTime: 1n, partition: 2, offset: 3n },
    ],
    servedFeatures: [
      { name: 'origin__mean_delay', status: 'PRESENT', value: { double: 1.5 } },
      { name: 'origin__departures', status: 'PRESENT', value: { long: 9_007_199_254_740_993n } },
      { name: 'origin__words', status: 'PRESENT', value: { array: [{ string: 'a' }, { string: '"' }] } },
      { name: 'origin__gone', status: 'NULL_VALUE', value: null },
    ],
    output: { class: 'late', score: 0.75, probabilities: { late: 0.75, punctual: 0.25 }, value: null },
    segments: { carrier: 'X' },
    latencyMicros: 1234n,
  });
  const label = (seconds: bigint, value: boolean | null) =>
    codec.encode(topics.labels.name, 'LabelObserved', {
      envelope: envelope(seconds),
      predictionId: id,
      entityKey: null,
      labelTime: null,
      model: null,
      name: 'arrived_late',
      value: value === null ? null : { boolean: value },
    });
  const key = Buffer.from(id);
  await log.append([
    { topic: topics.predictions.name, key, value: prediction },
    { topic: topics.labels.name, key, value: await label(20n, true) },
    { topic: topics.labels.name, key, value: await label(10n, false) },
  ]);
  await vi.waitFor(
    async () =>
      expect(
        await rows(`SELECT value, value_type, value_number FROM labels WHERE prediction_id = '${id}'`),
      ).toEqual([{ value: 'true', value_type: 'bool', value_number: 1 }]),
    PATIENCE,
  );
  await vi.waitFor(
    async () =>
      expect(
        await rows(
          `SELECT entity_key, served_numbers['origin__mean_delay'] AS delay, served_integers, served_strings, served_statuses['origin__gone'] AS gone,
           served_views.offset AS offsets, output_class, output_probabilities, segments, latency_micros FROM predictions WHERE prediction_id = '${id}'`,
        ),
      ).toEqual([
        {
          entity_key: { airport: 'SFO' },
          delay: 1.5,
          served_integers: { origin__departures: '9007199254740993' },
          served_strings: { origin__words: '["a","\\""]' },
          gone: 'NULL_VALUE',
          offsets: ['3'],
          output_class: 'late',
          output_probabilities: { late: 0.75, punctual: 0.25 },
          segments: { carrier: 'X' },
          latency_micros: '1234',
        },
      ]),
    PATIENCE,
  );
  await projector.stop();
  expect(failures).toEqual([]);
});
