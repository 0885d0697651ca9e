import { compileAvro, newEventId } from '@millrace/events';
import { defineEntity, defineFeatureView } from '@millrace/feature-registry';
import { checkEventTime, compileRowHead } from '@millrace/feature-registry/row';
import { MillraceError } from '@millrace/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileTranscoder } from '../feature-table/transcoder.ts';
import { catalogOf } from '../testing/definitions.ts';
import { RowWriter } from './row-writer.ts';

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
const maxAhead = 1000n;
const transcoder = compileTranscoder(view, 1, view.schema, maxAhead);
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

test('the online store takes the records that this store takes, and refuses the others with the same code', () => {
  const readHead = compileRowHead(view, 1, view.schema);
  const codeOf = (work: () => unknown) => {
    try {
      work();
      return 'row';
    } catch (error) {
      return error instanceof MillraceError ? error.code : String(error);
    }
  };
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.uint8Array({ maxLength: 3 }), (at, byte, more) => {
      const bytes = Buffer.concat([whole, more]);
      bytes[at] = byte;
      const offline = codeOf(() => transcoder.write(new RowWriter(), bytes, place));
      const online = codeOf(() => {
        const { eventTime } = readHead(bytes, 0);
        checkEventTime(eventTime, place.recordedAt, maxAhead);
      });
      expect(online).toBe(offline);
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
