import { asOfKey, compileAvro, newEventId, packPosition } from '@millrace/events';
import { defineEntity, defineFeatureView, type FeatureValue } from '@millrace/feature-registry';
import type { Running } from '@millrace/kernel';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { uniqueName } from '@millrace/testing';
import type { ClickHouseClient } from '@clickhouse/client';
import { identifier } from '../clickhouse/sql.ts';
import type { OfflineStore } from '../port.ts';
import { RowWriter } from '../row-binary/row-writer.ts';
import { catalogOf } from '../testing/definitions.ts';
import { openTestStore } from '../testing/test-store.ts';
import { compileTranscoder } from './transcoder.ts';

let running: Running<{ readonly client: ClickHouseClient; readonly store: OfflineStore }>;
beforeAll(async () => {
  running = await openTestStore();
});
afterAll(() => running.stop());

const entity = defineEntity({
  name: 'thing',
  keys: { s: 'string', i: 'int', l: 'long', b: 'bool' },
  owner: 'test',
});
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const instant = fc.bigInt({ min: -62_135_596_800_000_000n, max: 1_700_000_000_000_000n });
const float = fc.float();
const text = fc.string({ unit: 'grapheme', maxLength: 200 });
const nullable = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null });
const rowArbitrary = fc.record({
  eventTime: instant,
  key: fc.record({ s: text, i: int, l: long, b: fc.boolean() }),
  values: nullable(
    fc.record({
      a_float: nullable(float),
      a_double: nullable(fc.double()),
      an_int: nullable(int),
      a_long: nullable(long),
      a_string: nullable(text),
      a_bool: nullable(fc.boolean()),
      a_timestamp: nullable(instant),
      longs: nullable(fc.array(long, { maxLength: 5 })),
      words: nullable(fc.array(text, { maxLength: 3 })),
      vector: nullable(fc.array(float, { minLength: 3, maxLength: 3 })),
    }),
  ),
});

test('what any producer encodes is what the engine reads back, bit for bit', async () => {
  const view = defineFeatureView({
    name: uniqueName('all_types'),
    entity,
    ttl: null,
    owner: 'test',
    features: {
      a_float: { type: 'float' },
      a_double: { type: 'double' },
      an_int: { type: 'int' },
      a_long: { type: 'long' },
      a_string: { type: 'string', description: 'A text.' },
      a_bool: { type: 'bool' },
      a_timestamp: { type: 'timestamp' },
      longs: { type: { array: 'long' } },
      words: { type: { array: 'string' } },
      vector: { type: { embedding: 'float', dimension: 3 } },
    },
  });
  const catalog = catalogOf(entity, view.definition);
  const registered = catalog.view(view.definition.name);
  const { client, store } = running.value;
  await store.ensureView(registered, 1);
  const avro = compileAvro(JSON.parse(registered.schema));
  const transcoder = compileTranscoder(registered, 7, registered.schema, 600_000_000n);
  const rows = fc.sample(rowArbitrary, { numRuns: 500, seed: 11 });
  const writer = new RowWriter(64);
  const ids = rows.map((row, offset) => {
    const eventId = newEventId();
    const payload = avro.toBuffer({
      envelope: {
        eventId,
        eventTime: row.eventTime,
        producer: { service: 't', version: 'v', commit: null },
        traceparent: null,
      },
      key: row.key,
      values: row.values,
    });
    transcoder.write(writer, payload, {
      epoch: 3,
      partition: 300,
      offset: BigInt(offset) + 2n ** 39n,
      recordedAt: 1_700_000_000_000_000n,
    });
    return eventId;
  });
  await store.insert({
    table: `features_${view.definition.name}_raw_g1`,
    columns: transcoder.columns,
    ...writer.take(),
    token: 'one',
  });

  const bits = (column: string, type: string) =>
    `toString(reinterpretAs${type}(${column})) AS ${column}_bits`;
  const answer = await client.query({
    query: `SELECT *, toUnixTimestamp64Micro(event_time) AS event_micros, toUnixTimestamp64Micro(a_timestamp) AS timestamp_micros,
      ${bits('a_float', 'UInt32')}, ${bits('a_double', 'UInt64')}, arrayMap(x -> toString(reinterpretAsUInt32(x)), vector) AS vector_bits, toString(as_of_key) AS as_of_text
      FROM ${identifier(`features_${view.definition.name}`)} ORDER BY offset`,
    format: 'JSONEachRow',
  });
  const stored = await answer.json<Record<string, unknown>>();
  expect(stored).toHaveLength(rows.length);
  rows.forEach((row, index) => {
    const offset = BigInt(index) + 2n ** 39n;
    const values: Partial<NonNullable<typeof row.values>> = row.values ?? {};
    expect(stored[index]).toMatchObject({
      event_id: ids[index],
      event_micros: String(row.eventTime),
      s: row.key.s,
      i: row.key.i,
      l: String(row.key.l),
      b: row.key.b,
      deleted: row.values === null,
      schema_id: 7,
      offset: String(offset),
      partition: 300,
      topic: `features.${view.definition.name}`,
      as_of_text: String(asOfKey(row.eventTime, packPosition({ epoch: 3, partition: 300, offset }))),
      a_float_bits: float32Bits(values.a_float),
      a_double_bits: float64Bits(values.a_double),
      an_int: values.an_int ?? null,
      a_long: textOf(values.a_long),
      a_string: values.a_string ?? null,
      a_bool: values.a_bool ?? null,
      timestamp_micros: textOf(values.a_timestamp),
      longs: (values.longs ?? []).map(String),
      longs__present: Array.isArray(values.longs),
      words: values.words ?? [],
      words__present: Array.isArray(values.words),
      vector_bits: (values.vector ?? []).map(float32Bits),
    });
  });
});

const textOf = (value: FeatureValue | undefined) =>
  value === null || value === undefined ? null : String(value);

function float32Bits(value: number | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return String(bytes.readUInt32LE());
}

function float64Bits(value: number | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return String(bytes.readBigUInt64LE());
}
