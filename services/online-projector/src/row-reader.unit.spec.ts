import { compileAvro, frame, newEventId } from '@millrace/events';
import { defineEntity, defineFeatureView, featureRowSchema } from '@millrace/feature-registry';
import { catalogOf } from '@millrace/online-store/testing';
import { describe, expect, it } from 'vitest';
import { compileRowReader } from './row-reader.ts';

const airport = defineEntity({ name: 'airport', keys: { airport: 'string', gate: 'int' }, owner: 'tests' });
const { definition } = defineFeatureView({
  name: 'departures',
  entity: airport,
  ttl: null,
  owner: 'tests',
  features: {
    delay: { type: 'double' },
    count: { type: 'long' },
    names: { type: { array: 'string' } },
    at: { type: 'timestamp' },
  },
});
const schema = featureRowSchema(definition, airport);
const text = JSON.stringify(schema);
const type = compileAvro(schema);

const envelope = {
  eventId: newEventId(),
  eventTime: 1_000_000n,
  producer: { service: 'tests', version: null, commit: 'abc' },
  traceparent: null,
};
const key = { airport: 'SFO', gate: -7 };
const values = { delay: 1.5, count: 2n ** 60n, names: ['a', 'b'], at: null };
const value = frame(9, type.toBuffer({ envelope, key, values }));

describe('compileRowReader', () => {
  const view = catalogOf([airport, definition]).view('departures');
  const read = compileRowReader(view, 9, text);

  it('reads id, time and key of a row', () => {
    expect(read(value)).toEqual({
      key: view.keyCodec.encode(key),
      eventTime: 1_000_000n,
      eventId: envelope.eventId,
      deleted: false,
    });
  });

  it('knows a deletion', () => {
    expect(read(frame(9, type.toBuffer({ envelope, key, values: null }))).deleted).toBe(true);
  });

  it('reads rows of a schema that lacks features or has others, in another order', () => {
    const { definition: later } = defineFeatureView({
      name: 'departures',
      entity: airport,
      ttl: null,
      owner: 'tests',
      features: { at: { type: 'timestamp' }, another: { type: 'bool' } },
    });
    const written = featureRowSchema(later, airport);
    const row = compileAvro(written).toBuffer({ envelope, key, values: { at: 5n, another: true } });
    expect(compileRowReader(view, 10, JSON.stringify(written))(frame(10, row)).deleted).toBe(false);
  });

  it.each(Array.from({ length: value.length - 5 }, (_, index) => index + 5))(
    'refuses a row that breaks off after %i bytes',
    (length) => {
      expect(() => read(value.subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'EVENT_MALFORMED' }),
      );
    },
  );

  it('refuses a row with bytes left over', () => {
    const longer = Buffer.concat([value, Buffer.of(0)]);
    expect(() => read(longer)).toThrow(expect.objectContaining({ code: 'EVENT_MALFORMED' }));
  });

  it('refuses an event id that is not a UUID, and a time outside the calendar', () => {
    const row = (part: Partial<typeof envelope> | { eventId: string }) =>
      frame(9, type.toBuffer({ envelope: { ...envelope, ...part }, key, values }));
    expect(() => read(row({ eventId: 'seven' }))).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }));
    expect(() => read(row({ eventTime: 2n ** 62n }))).toThrow(
      expect.objectContaining({ code: 'TIME_INVALID' }),
    );
  });

  it('refuses a schema of something else', () => {
    const other = JSON.stringify({ type: 'record', name: 'Other', fields: [] });
    expect(() => compileRowReader(view, 1, other)).toThrow(
      expect.objectContaining({ code: 'VALUE_INVALID' }),
    );
    expect(() => compileRowReader(view, 1, '"string"')).toThrow(
      expect.objectContaining({ code: 'VALUE_INVALID' }),
    );
  });
});
