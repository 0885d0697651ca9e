import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileAvro, frame, KeyCodec, newEventId, packPosition } from '@millrace/events';
import {
  defineEntity,
  defineFeatureView,
  featureRowSchema,
  type FeatureType,
  type ScalarType,
  scalarTypes,
} from '@millrace/feature-registry';
import type { Micros } from '@millrace/kernel';
import { InMemoryOnlineStore, readService } from '@millrace/online-store';
import { catalogOf } from '@millrace/online-store/testing';
import { referenceAnswer } from '../testing/reference-answer.ts';
import { compileService } from './compiled-service.ts';

const T: Micros = 1_000_000_000_000_000n;
const SCHEMA_ID = 70_000;

const entity = defineEntity({ name: 'thing', keys: { a: 'string', b: 'long' }, owner: 'tests' });
const keys = new KeyCodec(entity.keys);
const keyCodes = [
  { a: 'é "\\', b: 2n ** 62n },
  { a: '', b: -1n },
];
const schemas = { schemaById: () => Promise.resolve(undefined) };

const instant = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n });
const scalars: Readonly<Record<ScalarType, fc.Arbitrary<unknown>>> = {
  float: fc.float(),
  double: fc.oneof(fc.double(), fc.integer()),
  int: fc.oneof(fc.integer(), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 10, 9, 0)),
  long: fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.bigInt({ min: -2000n, max: 2000n }),
    fc.constantFrom(2n ** 53n, 2n ** 53n - 1n, 1n - 2n ** 53n, -(2n ** 53n), 2n ** 31n, -(2n ** 63n)),
  ),
  string: fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('"', '\\', '\n', '\u007f', 'ü'),
  ),
  bool: fc.boolean(),
  timestamp: instant,
};

const anyType: fc.Arbitrary<FeatureType> = fc.oneof(
  fc.constantFrom(...scalarTypes),
  fc.constantFrom(...scalarTypes).map((array) => ({ array })),
  fc.record({ embedding: fc.constantFrom('float', 'double'), dimension: fc.integer({ min: 1, max: 3 }) }),
);

function anyValue(type: FeatureType): fc.Arbitrary<unknown> {
  const option = { freq: 4 };
  if (typeof type === 'string') return fc.option(scalars[type], option);
  if ('array' in type) return fc.option(fc.array(scalars[type.array], { maxLength: 4 }), option);
  const { dimension, embedding } = type;
  return fc.option(fc.array(scalars[embedding], { minLength: dimension, maxLength: dimension }), option);
}

/** A view, its rows for two entities (a value for each feature, a deletion, or none), and how it is asked for. */
const anyCase = fc.array(anyType, { minLength: 1, maxLength: 6 }).chain((types) => {
  const row = fc.record({
    values: fc.option(fc.tuple(...types.map(anyValue)), { freq: 6 }),
    eventTime: fc.constantFrom(T, T - 3_600_000_000n, T - 3_600_000_001n, T + 1n),
  });
  return fc.record({
    types: fc.constant(types),
    ttl: fc.constantFrom('1h', null),
    rows: fc.tuple(fc.option(row, { freq: 6, nil: undefined }), fc.option(row, { freq: 6, nil: undefined })),
    wanted: fc.shuffledSubarray(
      types.map((_, index) => `f${index}`),
      { minLength: 1 },
    ),
    at: fc.option(fc.constant(T), { nil: undefined }),
    withOrigin: fc.boolean(),
  });
});

test('answers the bytes that the plain way gives, for any types, rows and order of features', async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, async ({ types, ttl, rows, wanted, at, withOrigin }) => {
      const features = Object.fromEntries(types.map((type, index) => [`f${index}`, { type }]));
      const { definition } = defineFeatureView({ name: 'v', entity, ttl, owner: 'tests', features });
      const rowType = compileAvro(featureRowSchema(definition, entity));
      const store = new InMemoryOnlineStore();
      for (const [index, row] of rows.entries()) {
        const key = keyCodes[index];
        if (row === undefined || key === undefined) continue;
        const { values, eventTime } = row;
        const eventId = newEventId();
        const producer = { service: 'test', version: null, commit: 'c' };
        const record = {
          envelope: { eventId, eventTime, producer, traceparent: null },
          key,
          values: values && Object.fromEntries(values.map((value, feature) => [`f${feature}`, value])),
        };
        const value = values === null ? null : frame(SCHEMA_ID, rowType.toBuffer(record));
        const offset = BigInt(index) + 2n ** 41n;
        const position = packPosition({ epoch: 0, partition: 3, offset });
        const address = { entity: entity.name, key: keys.encode(key), view: 'v' };
        await store.write([{ ...address, eventTime, position, eventId, recordedAt: T, value }], {
          topic: 't',
          generation: 1,
          partition: 3,
          nextOffset: offset + 1n,
        });
      }
      const catalog = catalogOf([entity, definition], () => SCHEMA_ID);
      const service = catalog.features(wanted.map((feature) => ({ view: 'v', feature })));
      const entities = [...keyCodes, { a: null, b: 1n }];
      const clock = { now: () => T };
      const options = { withOrigin, schemas, clock, ...(at === undefined ? {} : { at }) };
      const answer = await readService(store, service, entities, options);
      const bytes = await compileService(service).answer(entities, { store, schemas, at, withOrigin, clock });
      expect(bytes.toString()).toBe(referenceAnswer(service, answer, entities));
    }),
    { numRuns: 300 },
  );
});
