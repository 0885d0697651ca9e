import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileAvro, frame, type KeyColumnType, namedEventId, parseEventId } from '@millrace/events';
import { parseInstant } from '@millrace/kernel';
import { ByteWriter } from './byte-writer.ts';
import { compileRowEncoder, encodeSource, type RowRequest } from './index.ts';
import { examplesOf, featureTypes, registeredView } from '../testing/row-examples.ts';

const producer = { service: 'app', version: '1', commit: null };
const eventId = namedEventId('test');
const request: RowRequest = {
  source: encodeSource(producer, null),
  latest: 2n ** 62n,
  eventId: () => eventId,
};
const eventTime = '2001-01-31T13:45:00.000001Z';
const micros = 980948700000001n;

const airports = registeredView(
  { airport: 'string', terminal: 'int' },
  {
    mean_delay: 'double',
    share: 'float',
    departures: 'int',
    total: 'long',
    carrier: 'string',
    open: 'bool',
    seen_at: 'timestamp',
    tags: { array: 'string' },
    place: { embedding: 'float', dimension: 2 },
    constructor: 'int' as const,
  },
);
const encoder = compileRowEncoder(airports);
const key = { airport: 'SFO', terminal: 1 };

function issuesOf(row: unknown, asked: RowRequest = request) {
  const outcome = encoder.encode(row, 0, asked);
  return outcome.ok ? [] : outcome.error.map(({ path, code }) => `${path} ${code}`);
}
const messageOf = (row: unknown) => {
  const outcome = encoder.encode(row, 0, request);
  return outcome.ok ? undefined : outcome.error[0]?.message;
};

describe('bytes', () => {
  const keyTypes = fc.constantFrom<KeyColumnType>('string', 'int', 'long', 'bool');
  const views = fc.record({
    keys: fc.array(keyTypes, { minLength: 1, maxLength: 3 }),
    features: fc.array(featureTypes, { minLength: 1, maxLength: 6 }),
    slabBytes: fc.integer({ min: 16, max: 300 }),
  });
  const cases = views.chain((view) =>
    fc.record({
      view: fc.constant(view),
      rows: fc.array(
        fc.record({
          time: examplesOf('timestamp'),
          key: fc.tuple(...view.keys.map((type) => examplesOf(type))),
          values: fc.option(fc.tuple(...view.features.map((type) => fc.option(examplesOf(type))))),
        }),
        { minLength: 1, maxLength: 5 },
      ),
    }),
  );
  const named = (prefix: string, values: readonly unknown[]) =>
    Object.fromEntries(values.map((value, index) => [`${prefix}_${index}`, value]));

  test('are those of avsc, for any view and any rows, in buffers of any size', () => {
    fc.assert(
      fc.property(cases, ({ view: { keys, features, slabBytes }, rows }) => {
        const view = registeredView(
          Object.fromEntries(keys.map((type, index) => [`key_${index}`, type])),
          Object.fromEntries(features.map((type, index) => [`feature_${index}`, type])),
        );
        const compiled = compileRowEncoder(view, { out: new ByteWriter(slabBytes) });
        const avsc = compileAvro(JSON.parse(view.schema));
        const encoded = rows.map(({ time, key: keyValues, values }, index) => {
          const row = {
            ...named(
              'key',
              keyValues.map(({ json }) => json),
            ),
            eventTime: time.json,
            ...(values === null
              ? { deleted: true }
              : named(
                  'feature',
                  values.map((value) => value?.json ?? null),
                )),
          };
          const outcome = compiled.encode(row, index, request);
          if (!outcome.ok) throw new Error(JSON.stringify(outcome.error));
          return outcome.value;
        });
        rows.forEach(({ time, key: keyValues, values }, index) => {
          const avroKey = named(
            'key',
            keyValues.map(({ avro }) => avro),
          );
          const event = {
            envelope: { eventId, eventTime: time.avro, producer, traceparent: null },
            key: avroKey,
            values:
              values === null
                ? null
                : named(
                    'feature',
                    values.map((value) => value?.avro ?? null),
                  ),
          };
          expect(encoded[index]?.value).toEqual(frame(view.schemaId, avsc.toBuffer(event)));
          const recordKey = compileAvro({
            type: 'record',
            name: 'Key',
            fields: Object.entries(view.keyCodec.columns).map(([name, type]) => ({
              name,
              type: type === 'bool' ? 'boolean' : type,
            })),
          });
          expect(encoded[index]?.key).toEqual(recordKey.toBuffer(avroKey));
        });
      }),
      { numRuns: 300 },
    );
  });

  test('a feature that is left out is null, whatever objects inherit', () => {
    const outcome = encoder.encode({ ...key, eventTime }, 0, request);
    const event: unknown = compileAvro(JSON.parse(airports.schema)).fromBuffer(
      outcome.ok ? outcome.value.value.subarray(5) : Buffer.alloc(0),
    );
    expect(event).toMatchObject({
      envelope: { eventTime: micros },
      values: { mean_delay: null, tags: null, constructor: null },
    });
  });

  test('a refused row leaves nothing behind', () => {
    const good = { ...key, eventTime, carrier: 'UA' };
    const alone = compileRowEncoder(airports).encode(good, 0, request);
    const after = compileRowEncoder(airports);
    after.encode({ ...good, mean_delay: 'x' }, 0, request);
    expect(after.encode(good, 0, request)).toEqual(alone);
  });

  test('a row may bring its event id; else the request names it, else it is new', () => {
    const own = '0190163D-8694-739B-AEA5-966C26F8AD90';
    const idOf = (row: object, asked: RowRequest) => {
      const outcome = encoder.encode({ ...key, eventTime, ...row }, 0, asked);
      return outcome.ok ? outcome.value.value.subarray(6, 42).toString() : undefined;
    };
    expect(idOf({ eventId: own }, request)).toBe(own.toLowerCase());
    expect(idOf({}, request)).toBe(eventId);
    const { eventId: _left, ...unnamed } = request;
    expect(parseEventId(idOf({}, unnamed) ?? '')).toBeDefined();
    expect(idOf({}, unnamed)).not.toBe(idOf({}, unnamed));
  });
});

describe('rules', () => {
  const refused: readonly [string, object, string][] = [
    ['a double as text', { mean_delay: '7.5' }, 'mean_delay VALUE_INVALID'],
    [
      'a double that overflowed in JSON',
      { mean_delay: Number.POSITIVE_INFINITY },
      'mean_delay VALUE_INVALID',
    ],
    ['a float beyond its 32 bits', { share: 1e39 }, 'share VALUE_INVALID'],
    ['a fraction for an int', { departures: 2.5 }, 'departures VALUE_INVALID'],
    ['an int beyond its 32 bits', { departures: 2 ** 31 }, 'departures VALUE_INVALID'],
    ['a long that JSON rounded', { total: 2 ** 53 }, 'total VALUE_INVALID'],
    ['a long beyond its 64 bits', { total: '9223372036854775808' }, 'total VALUE_INVALID'],
    ['a long with a fraction', { total: '1.0' }, 'total VALUE_INVALID'],
    ['a number for a string', { carrier: 1 }, 'carrier VALUE_INVALID'],
    ['half a surrogate pair', { carrier: '\ud83d' }, 'carrier VALUE_INVALID'],
    ['a number for a bool', { open: 1 }, 'open VALUE_INVALID'],
    ['a time without a zone', { seen_at: '2001-01-31T13:45:00' }, 'seen_at TIME_INVALID'],
    ['a time as a number', { seen_at: 980948700 }, 'seen_at TIME_INVALID'],
    ['a value for an array', { tags: 'a' }, 'tags VALUE_INVALID'],
    ['null in an array', { tags: ['a', null] }, 'tags[1] VALUE_INVALID'],
    ['an embedding of another dimension', { place: [1, 2, 3] }, 'place VALUE_INVALID'],
    ['an object for a value', { carrier: {} }, 'carrier VALUE_INVALID'],
    ['an unknown field', { mean_dealy: 1 }, 'mean_dealy FIELD_UNKNOWN'],
    ['an event id that is no UUID', { eventId: 'x' }, 'eventId VALUE_INVALID'],
    ['a null key column', { airport: null }, 'airport KEY_INVALID'],
    ['a key column of another type', { terminal: '1' }, 'terminal KEY_INVALID'],
    ['a naive event time', { eventTime: '2001-01-31T13:45:00' }, 'eventTime TIME_INVALID'],
    ['an event time as a number', { eventTime: 1 }, 'eventTime TIME_INVALID'],
    ['a year that no store holds', { eventTime: '0001-01-01T00:00:00+01:00' }, 'eventTime TIME_INVALID'],
    ['a deletion with features', { deleted: true, mean_delay: 1 }, 'mean_delay VALUE_INVALID'],
    ['deleted as text', { deleted: 'yes' }, 'deleted VALUE_INVALID'],
  ];
  test.each(refused)('refuses %s', (_, change, issue) => {
    expect(issuesOf({ ...key, eventTime })).toEqual([]);
    expect(issuesOf({ ...key, eventTime, ...change })).toEqual([issue]);
  });

  test('names every rule that a row breaks', () => {
    expect(issuesOf({ airport: 'SFO', mean_delay: 'x', nonsense: 1, tags: [1, 'a', 2] })).toEqual([
      'nonsense FIELD_UNKNOWN',
      'eventTime TIME_INVALID',
      'terminal KEY_INVALID',
      'mean_delay VALUE_INVALID',
      'tags[0] VALUE_INVALID',
      'tags[2] VALUE_INVALID',
    ]);
  });

  test('an event time may be as late as the bound, and no later', () => {
    const row = { ...key, eventTime };
    expect(issuesOf(row, { ...request, latest: micros })).toEqual([]);
    expect(issuesOf(row, { ...request, latest: micros - 1n })).toEqual(['eventTime EVENT_TOO_FAR_AHEAD']);
  });

  test('messages say field, rule and value, and what was probably meant', () => {
    expect(messageOf({ ...key, eventTime, departures: 2.5 })).toBe(
      'departures (int) must be a whole number of 32 bits, not 2.5',
    );
    expect(messageOf({ ...key, event_time: eventTime })).toBe(
      'the view has no field "event_time"; did you mean eventTime?',
    );
    expect(messageOf({ ...key, eventTime, wholly_else: 1 })).toBe('the view has no field "wholly_else"');
  });

  test('what is no object is no row; a crowd of unknown fields is summed up', () => {
    for (const row of [null, 1, 'row', [], true]) expect(issuesOf(row)).toEqual([' REQUEST_INVALID']);
    const crowd = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`stranger_${index}`, index]),
    );
    expect(issuesOf({ ...key, eventTime, ...crowd })).toHaveLength(11);
  });

  test('a row that no record of the log can hold is refused', () => {
    const small = compileRowEncoder(airports, { maxRowBytes: 200 });
    const outcome = small.encode({ ...key, eventTime, carrier: 'x'.repeat(200) }, 0, request);
    expect(outcome).toMatchObject({ ok: false, error: [{ path: '', code: 'ROW_TOO_LARGE' }] });
  });

  test('another schema than the registered one is never written', () => {
    const other = registeredView({ airport: 'string' }, { mean_delay: 'double' });
    expect(() => compileRowEncoder({ ...airports, schema: other.schema })).toThrow(/register the view again/);
  });
});

describe('times', () => {
  test('every spelling means what parseInstant says', () => {
    const spellings = fc
      .tuple(
        fc.oneof(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 1795, max: 2205 })),
        fc.integer({ min: 0, max: 13 }),
        fc.integer({ min: 0, max: 32 }),
        fc.integer({ min: 0, max: 24 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 60 }),
        fc.constantFrom('', '.', '.1', '.123456', '.1234567', '.120000000'),
        fc.constantFrom('Z', 'z', '', '+02:00', '-0530', ' Z'),
      )
      .map(([year, ...rest]) => {
        const [month, day, hour, minute, second] = rest
          .slice(0, 5)
          .map((part) => String(part).padStart(2, '0'));
        return `${String(year).padStart(4, '0')}-${month}-${day}T${hour}:${minute}:${second}${rest[5]}${rest[6]}`;
      });
    fc.assert(
      fc.property(spellings, (text) => {
        const expected = parseInstant(text);
        const outcome = encoder.encode({ ...key, eventTime, seen_at: text }, 0, request);
        const inYears =
          expected.ok &&
          expected.value >= -62_135_596_800_000_000n &&
          expected.value <= 253_402_300_799_999_999n;
        expect(outcome.ok).toBe(inYears);
        if (!outcome.ok) return;
        const event: unknown = compileAvro(JSON.parse(airports.schema)).fromBuffer(
          outcome.value.value.subarray(5),
        );
        expect(event).toMatchObject({ values: { seen_at: expected.ok ? expected.value : undefined } });
      }),
      { numRuns: 2000 },
    );
  });
});
