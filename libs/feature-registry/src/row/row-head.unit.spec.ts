import { compileAvro, type EntityKey, newEventId } from '@millrace/events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { featureRowSchema } from '../avro.ts';
import { registeredView } from '../testing/row-examples.ts';
import { compileRowHead } from './row-head.ts';

const view = registeredView(
  { airport: 'string', gate: 'int', route: 'long', open: 'bool' },
  { delay: 'double', names: { array: 'string' } },
);
const type = compileAvro(JSON.parse(view.schema));
const envelope = {
  eventId: newEventId(),
  eventTime: 1_000_000n,
  producer: { service: 'tests', version: null, commit: 'abc' },
  traceparent: null,
};
const key = { airport: 'SFO', gate: -7, route: 2n ** 60n, open: true };
const values = { delay: 1.5, names: ['a', 'b'] };
const read = compileRowHead(view, 9, view.schema);

const keys = fc.record({
  airport: fc.string({ unit: 'grapheme', maxLength: 200 }),
  gate: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  route: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  open: fc.boolean(),
});

/** A schema of the same rows with the columns of its key in another order, and one that the entity has not. */
function withKeyColumns(...names: readonly string[]) {
  const schema = JSON.parse(JSON.stringify(featureRowSchema(view.definition, view.entity)));
  const fields: { name: string }[] = schema.fields[1].type.fields;
  schema.fields[1].type.fields = names.map(
    (name) => fields.find((field) => field.name === name) ?? { name, type: 'string' },
  );
  return schema;
}

describe('compileRowHead', () => {
  it('reads a head from the middle of a buffer', () => {
    const bytes = Buffer.concat([Buffer.alloc(5), type.toBuffer({ envelope, key, values })]);
    expect(read(bytes, 5)).toEqual({
      key: view.keyCodec.encode(key),
      eventTime: 1_000_000n,
      eventId: envelope.eventId,
      deleted: false,
    });
  });

  it('knows a deletion, and forgets it for the next record', () => {
    expect(read(type.toBuffer({ envelope, key, values: null }), 0).deleted).toBe(true);
    expect(read(type.toBuffer({ envelope, key, values }), 0).deleted).toBe(false);
  });

  it('reads every time and key as they were written', () => {
    const times = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    fc.assert(
      fc.property(times, keys, (eventTime, own) => {
        const head = read(type.toBuffer({ envelope: { ...envelope, eventTime }, key: own, values }), 0);
        expect(head.eventTime).toBe(eventTime);
        expect(head.key).toEqual(view.keyCodec.encode(own));
      }),
    );
  });

  it.each([
    ['in another order', ['open', 'route', 'airport', 'gate']],
    ['with another column between them', ['airport', 'wing', 'gate', 'route', 'open']],
  ])('gives the record key of columns that are written %s', (_what, names) => {
    const schema = withKeyColumns(...names);
    const own: EntityKey = { ...key, wing: 'B' };
    const bytes = compileAvro(schema).toBuffer({ envelope, key: own, values });
    expect(compileRowHead(view, 10, JSON.stringify(schema))(bytes, 0).key).toEqual(view.keyCodec.encode(key));
  });

  it('gives the record key also when numbers in it are written longer than needed', () => {
    const bytes = type.toBuffer({ envelope, key, values });
    const at = bytes.indexOf(view.keyCodec.encode(key));
    // The length of SFO, 6, and the gate, 13, in two bytes each.
    const longer = [Buffer.of(0x86, 0), Buffer.from('SFO'), Buffer.of(0x8d, 0)];
    const padded = Buffer.concat([bytes.subarray(0, at), ...longer, bytes.subarray(at + 5)]);
    expect(read(padded, 0).key).toEqual(view.keyCodec.encode(key));
  });

  it('gives an event id in lower case', () => {
    const eventId = envelope.eventId.toUpperCase();
    expect(read(type.toBuffer({ envelope: { ...envelope, eventId }, key, values }), 0).eventId).toBe(
      envelope.eventId,
    );
  });
});
