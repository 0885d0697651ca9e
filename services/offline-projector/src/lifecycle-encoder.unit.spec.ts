import { EventCodec, type SchemaRegistry } from '@millrace/event-log';
import { compileAvro, eventSchemas, frame, topics } from '@millrace/events';
import { eventTables } from '@millrace/offline-store';
import { describe, expect, it } from 'vitest';
import { lifecycleEncoder, lifecycleTopics } from './lifecycle-encoder.ts';

const schemas = Object.entries(eventSchemas).map(([name, schema]) => ({
  name,
  text: JSON.stringify(schema),
  type: compileAvro(schema),
}));
const registry: SchemaRegistry = {
  register: (_, text) => Promise.resolve(schemas.findIndex((schema) => schema.text === text) + 1),
  schemaById: (id) => Promise.resolve(schemas[id - 1]?.text),
};
const codec = new EventCodec(registry);
const HOUR = 3_600_000_000n;

async function encoded(topic: string, value: Buffer | null) {
  const record = { topic, partition: 0, offset: 0n, recordedAt: 1_000_000_000_000_000n, key: null, value };
  const batch = {
    topic,
    partition: 0,
    records: [record],
    bytes: 0,
    highWatermark: 1n,
    nextOffset: 1n,
    isCurrent: () => true,
  };
  return lifecycleEncoder(topic, codec, HOUR).encode(batch, 0n);
}

function framed(name: string, payload: Buffer): Buffer {
  return frame(schemas.findIndex((schema) => schema.name === name) + 1, payload);
}

const entity = { kind: 'entity', name: 'airport', keys: { airport: 'string' }, owner: 'test' };
const envelope = {
  eventId: '00000000-0000-7000-8000-000000000001',
  eventTime: 980_000_000_000_000n,
  producer: { service: 'test', version: null, commit: null },
  traceparent: null,
};

async function definition(text: string): Promise<Buffer> {
  return codec.encode(topics.definitions.name, 'DefinitionRegistered', {
    envelope,
    kind: 'entity',
    name: 'airport',
    hash: 'h',
    definition: text,
    topic: null,
    epoch: 0,
    subject: null,
    schemaId: null,
    schema: null,
    revision: 1n,
    changeId: 'c',
  });
}

describe('lifecycleEncoder', () => {
  it('covers every topic that there is, each with a table', () => {
    const all = Object.values(topics).map(({ name }) => name);
    expect(lifecycleTopics.map(({ name }) => name).toSorted()).toEqual(all.toSorted());
    expect([...new Set(Object.values(eventTables).map(({ topic }) => topic))].toSorted()).toEqual(
      all.toSorted(),
    );
  });

  it.each(lifecycleTopics.map(({ name }) => name))('makes a dead letter of garbage on %s', async (topic) => {
    for (const value of [null, Buffer.alloc(0), Buffer.from('not avro at all')]) {
      const { letters, sections } = await encoded(topic, value);
      expect(letters).toMatchObject([{ error: { code: 'EVENT_MALFORMED' } }]);
      expect(sections).toEqual([]);
    }
    const unknown = await encoded(topic, frame(999, Buffer.from([1])));
    expect(unknown.letters).toMatchObject([{ error: { code: 'SCHEMA_UNKNOWN' } }]);
    const other = topic === topics.models.name ? topics.labels.name : topics.models.name;
    expect(other).not.toBe(topic);
    const strange = framed('PartitionOffset', Buffer.from([0, 0, 0]));
    expect((await encoded(topic, strange)).letters).toMatchObject([{ error: { code: 'EVENT_MALFORMED' } }]);
  });

  it('makes a dead letter of an event of another topic', async () => {
    const value = await definition(JSON.stringify(entity));
    expect((await encoded(topics.models.name, value)).letters).toMatchObject([
      {
        error: { code: 'VALUE_INVALID', message: 'DefinitionRegistered is not an event of the topic models' },
      },
    ]);
  });

  it('keeps definitions, and makes dead letters of those that nobody can read', async () => {
    const good = await encoded(topics.definitions.name, await definition(JSON.stringify(entity)));
    expect(good.letters).toEqual([]);
    expect(good.sections).toMatchObject([{ table: 'definitions_raw', rows: 1 }]);
    for (const text of ['{', '{"kind":"widget"}']) {
      const bad = await encoded(topics.definitions.name, await definition(text));
      expect(bad.letters).toMatchObject([{ error: { code: 'DEFINITION_INVALID' } }]);
    }
  });
});
