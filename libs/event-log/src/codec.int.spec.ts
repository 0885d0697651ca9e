import { beforeAll, expect, it } from 'vitest';
import { frame, type LabelObserved, newEventId, topics } from '@millrace/events';
import { testStack, uniqueName } from '@millrace/testing';
import { EventCodec } from './codec.ts';
import { connectSchemaRegistry } from './confluent/connect.ts';
import type { SchemaRegistry } from './schema-registry.ts';

let registry: SchemaRegistry;
let codec: EventCodec;

beforeAll(() => {
  registry = connectSchemaRegistry({ schemaRegistryUrl: testStack().schemaRegistry.url });
  codec = new EventCodec(registry);
});

const label: LabelObserved = {
  envelope: {
    eventId: newEventId(),
    eventTime: -1n,
    producer: { service: 'test', version: null, commit: null },
    traceparent: null,
  },
  predictionId: 'p',
  entityKey: null,
  labelTime: null,
  model: null,
  name: 'late',
  value: { long: 9_007_199_254_740_993n },
};

it('reads back what it writes', async () => {
  const decoded = await codec.decode(await codec.encode(topics.labels.name, 'LabelObserved', label));
  expect(decoded.name).toBe('LabelObserved');
  expect(decoded.event).toMatchObject(label);
});

it('names the field that does not fit', async () => {
  const wrong: LabelObserved = { ...label, name: Object(7) };
  await expect(codec.encode(topics.labels.name, 'LabelObserved', wrong)).rejects.toMatchObject({
    code: 'VALUE_INVALID',
    details: { path: 'name' },
  });
});

it('tells bytes that are no event, an unknown schema, and a torn event apart', async () => {
  const written = await codec.encode(topics.labels.name, 'LabelObserved', label);
  await expect(codec.decode(Buffer.from('garbage'))).rejects.toMatchObject({ code: 'EVENT_MALFORMED' });
  await expect(codec.decode(frame(1_999_999_999, Buffer.alloc(3)))).rejects.toMatchObject({
    code: 'SCHEMA_UNKNOWN',
  });
  await expect(codec.decode(written.subarray(0, 20))).rejects.toMatchObject({ code: 'EVENT_MALFORMED' });
});

it('lets a schema grow by an optional field and refuses a field that changes its type', async () => {
  const subject = `${uniqueName('schema')}-value`;
  const schema = (fields: readonly unknown[]) => JSON.stringify({ type: 'record', name: 'Row', fields });
  const amount = { name: 'amount', type: ['null', 'double'], default: null };
  const first = await registry.register(subject, schema([amount]));
  expect(await registry.register(subject, schema([amount]))).toBe(first);
  const grown = await registry.register(
    subject,
    schema([amount, { name: 'note', type: ['null', 'string'], default: null }]),
  );
  expect(grown).not.toBe(first);
  await expect(
    registry.register(subject, schema([{ name: 'amount', type: ['null', 'string'], default: null }])),
  ).rejects.toMatchObject({ code: 'DEFINITION_INCOMPATIBLE' });
  expect(await registry.schemaById(first)).toContain('amount');
});
