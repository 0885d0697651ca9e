import { compileAvro, newEventId } from '@millrace/events';
import { defineEntity, defineFeatureView } from '@millrace/feature-registry';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileTranscoder } from '../feature-table/transcoder.ts';
import { catalogOf } from '../testing/definitions.ts';
import { AvroReader } from './avro-reader.ts';
import { parseAvroSchema } from './avro-schema.ts';
import { RowWriter } from './row-writer.ts';
import { skipOf } from './skip-avro.ts';

const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const entity = defineEntity({ name: 'thing', keys: { id: 'string' }, owner: 'test' });
const { definition } = defineFeatureView({
  name: 'view',
  entity,
  ttl: null,
  owner: 'test',
  features: { x: { type: 'double' }, n: { type: 'int' }, v: { type: { embedding: 'float', dimension: 2 } } },
});
const view = catalogOf(entity, definition).view('view');
const avro = compileAvro(JSON.parse(view.schema));
const transcoder = compileTranscoder(view, 1, view.schema, 1000n);
const place = { epoch: 0, partition: 0, offset: 0n, recordedAt: 1_000_000n };

function payload(values: object | null, eventTime = 0n, eventId: string = newEventId()): Buffer {
  const producer = { service: 's', version: null, commit: null };
  return avro.toBuffer({
    envelope: { eventId, eventTime, producer, traceparent: null },
    key: { id: 'e' },
    values,
  });
}

const whole = payload({ x: 1, n: 2, v: [1, 2] });

test('longs are read in halves, exactly', () => {
  const type = compileAvro({ type: 'long' });
  fc.assert(
    fc.property(long, (value) => {
      const reader = new AvroReader();
      reader.reset(type.toBuffer(value));
      reader.long();
      expect((BigInt(reader.high) << 32n) | BigInt(reader.low >>> 0)).toBe(value);
      reader.end();
    }),
  );
});

test('whatever is skipped is skipped to its end', () => {
  const schema = {
    type: 'record',
    name: 'R',
    fields: [
      { name: 'a', type: ['null', { type: 'map', values: { type: 'array', items: 'long' } }] },
      { name: 'b', type: { type: 'enum', name: 'E', symbols: ['p', 'q'] } },
      { name: 'c', type: { type: 'fixed', name: 'F', size: 3 } },
      { name: 'd', type: { type: 'array', items: 'E' } },
    ],
  } as const;
  const type = compileAvro(JSON.parse(JSON.stringify(schema)));
  const bytes = type.toBuffer({ a: { k: [1n, -9n], l: [] }, b: 'q', c: Buffer.from('abc'), d: ['p', 'q'] });
  const reader = new AvroReader();
  reader.reset(bytes);
  skipOf(parseAvroSchema(JSON.stringify(schema)))(reader);
  reader.end();
});

test('arrays in several blocks, also those that say their size, are one array', () => {
  const oneBlock = payload({ x: null, n: null, v: [1, 2] });
  // Two blocks of one item; the second with a negative count and its size in bytes.
  const floats = [1, 2].map((value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    return bytes;
  });
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = floats;
  const twoBlocks = Buffer.concat([
    oneBlock.subarray(0, -10),
    Buffer.from([2]),
    first,
    Buffer.from([1, 8]),
    second,
    Buffer.from([0]),
  ]);
  const rows = [oneBlock, twoBlocks].map((bytes) => {
    const writer = new RowWriter();
    transcoder.write(writer, bytes, place);
    return writer.toBuffer();
  });
  expect(rows[1]).toEqual(rows[0]);
});

test.each([
  ['an event id that is no UUID', () => payload(null, 0n, 'no'), 'VALUE_INVALID'],
  ['an event time too far ahead', () => payload(null, 1_001_001n), 'EVENT_TOO_FAR_AHEAD'],
  ['an event time past the year 9999', () => payload(null, 2n ** 62n), 'TIME_INVALID'],
  ['an embedding of another size', () => payload({ x: null, n: null, v: [1] }), 'VALUE_INVALID'],
  ['bytes behind the record', () => Buffer.concat([whole, Buffer.from([0])]), 'EVENT_MALFORMED'],
])('%s is refused, and the row is taken back', (_what, bytes, code) => {
  const writer = new RowWriter();
  transcoder.write(writer, whole, place);
  const { size } = writer;
  expect(() => transcoder.write(writer, bytes(), place)).toThrow(expect.objectContaining({ code }));
  expect([writer.rows, writer.size]).toEqual([1, size]);
});

test('a record that is cut anywhere is malformed, never half a row', () => {
  for (let length = 0; length < whole.length; length += 1) {
    const writer = new RowWriter();
    expect(() => transcoder.write(writer, whole.subarray(0, length), place)).toThrow(
      expect.objectContaining({ name: 'MillraceError' }),
    );
    expect(writer.size).toBe(0);
  }
});

test('no bytes at all make it stop or throw anything but a coded error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(whole.length), (noise, keep) => {
      const writer = new RowWriter();
      const outcome = outcomeOf(() =>
        transcoder.write(writer, Buffer.concat([whole.subarray(0, keep), noise]), place),
      );
      expect(outcome).toMatch(/^(row|MillraceError)$/);
      expect(writer.size === 0).toBe(outcome !== 'row');
    }),
    { numRuns: 3000 },
  );
});

function outcomeOf(work: () => unknown): string {
  try {
    work();
    return 'row';
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}
