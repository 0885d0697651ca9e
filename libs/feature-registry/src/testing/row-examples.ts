import fc from 'fast-check';
import { KeyCodec, type KeyColumnType } from '@millrace/events';
import { featureRowSchema } from '../avro.ts';
import type { RegisteredView } from '../catalog.ts';
import { type Entity, entitySchema, featureViewSchema } from '../definition.ts';
import { type FeatureType, scalarTypes, type ScalarType } from '../feature-type.ts';

/** A registered view with these columns, for tests. */
export function registeredView(
  keys: Readonly<Record<string, KeyColumnType>>,
  features: Readonly<Record<string, FeatureType>>,
): RegisteredView {
  const entity: Entity = entitySchema.parse({ kind: 'entity', name: 'thing', keys, owner: 'tests' });
  const definition = featureViewSchema.parse({
    kind: 'feature-view',
    name: 'things',
    entity: 'thing',
    ttl: null,
    owner: 'tests',
    features: Object.fromEntries(Object.entries(features).map(([name, type]) => [name, { type }])),
  });
  const schema = JSON.stringify(featureRowSchema(definition, entity));
  return {
    definition,
    entity,
    hash: 'hash',
    keyCodec: new KeyCodec(entity.keys),
    ttl: null,
    topic: 'features.things',
    epoch: 0,
    schemaId: 258,
    schema,
    schemas: new Map([[258, schema]]),
  };
}

/** A value as it stands in a row, and as Avro holds it. */
export interface Example {
  readonly json: unknown;
  readonly avro: unknown;
}

const same = <T>(arbitrary: fc.Arbitrary<T>) =>
  arbitrary.map((value): Example => ({ json: value, avro: value }));
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }).filter((value) => value.isWellFormed()),
);
const words = fc
  .constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
  .map((value): Example => ({ json: String(value), avro: value }));
const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

const scalarExamples: Readonly<Record<ScalarType, fc.Arbitrary<Example>>> = {
  double: fc.oneof(same(fc.double({ noNaN: true, noDefaultInfinity: true })), words),
  float: fc.oneof(same(fc.float({ noNaN: true, noDefaultInfinity: true })), words),
  int: same(fc.integer()),
  long: fc.oneof(
    fc.maxSafeInteger().map((value): Example => ({ json: value, avro: BigInt(value) })),
    long.map((value): Example => ({ json: String(value), avro: value })),
    long.map((value): Example => ({ json: value, avro: value })),
  ),
  string: same(text),
  bool: same(fc.boolean()),
  timestamp: fc
    .tuple(
      fc.date({
        min: new Date('0001-01-01T00:00:00Z'),
        max: new Date('9999-12-31T23:59:59Z'),
        noInvalidDate: true,
      }),
      fc.integer({ min: 0, max: 999 }),
    )
    .map(
      ([date, micros]): Example => ({
        json: `${date.toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}Z`,
        avro: BigInt(date.getTime()) * 1000n + BigInt(micros),
      }),
    ),
};

/** Values of a type. */
export function examplesOf(type: FeatureType): fc.Arbitrary<Example> {
  if (typeof type === 'string') return scalarExamples[type];
  const item = scalarExamples['array' in type ? type.array : type.embedding];
  const bounds =
    'array' in type ? { maxLength: 5 } : { minLength: type.dimension, maxLength: type.dimension };
  return fc
    .array(item, bounds)
    .map((items): Example => ({ json: items.map(({ json }) => json), avro: items.map(({ avro }) => avro) }));
}

/** Types of features. */
export const featureTypes: fc.Arbitrary<FeatureType> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...scalarTypes) },
  fc.constantFrom(...scalarTypes).map((array): FeatureType => ({ array })),
  fc
    .tuple(fc.constantFrom('float' as const, 'double' as const), fc.integer({ min: 1, max: 4 }))
    .map(([embedding, dimension]): FeatureType => ({ embedding, dimension })),
);
