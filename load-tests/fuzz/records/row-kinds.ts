import { compileAvro, featureTopic, KeyCodec } from '@millrace/events';
import { type Entity, type FeatureView, featureRowSchema } from '@millrace/feature-registry';
import type { Random } from '../random.ts';
import { envelope } from './envelope.ts';
import type { EventKind, GoodEvent } from './event-kind.ts';
import { layouts, readings, sensor, site } from './views.ts';

const LARGE_TEXT = 200_000;

/** Rows of the two views. @param schemaIdOf tells the id under which the schema of a view is registered. */
export function rowKinds(partitions: number, schemaIdOf: (view: string) => number): readonly EventKind[] {
  const kind = (definition: FeatureView, entity: Entity, make: EventKind['make']): EventKind => {
    const { name } = definition;
    const schema = featureRowSchema(definition, entity);
    const type = compileAvro(schema);
    return {
      name,
      topic: featureTopic(name),
      partitions,
      schemaId: schemaIdOf(name),
      schema,
      type,
      view: name,
      make,
    };
  };
  return [kind(readings.definition, sensor, makeReading), kind(layouts.definition, site, makeLayout)];
}

const sensorKey = new KeyCodec(sensor.keys);
const siteKey = new KeyCodec(site.keys);

function makeReading(random: Random, number: number): GoodEvent {
  const key = { sensor: BigInt(number) };
  const event = {
    envelope: envelope(random),
    key,
    values: {
      value: random.pick([0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.MIN_VALUE]),
      share: random.pick([null, 0.5, Number.NaN, Number.NEGATIVE_INFINITY]),
      count: random.pick([null, 0, 2 ** 31 - 1, -(2 ** 31)]),
      total: random.pick([null, 0n, 2n ** 63n - 1n, -(2n ** 63n)]),
      note: note(random),
      ok: random.pick([null, true, false]),
      seen: random.pick([null, 0n, -62_135_596_800_000_000n, 253_402_300_799_999_999n]),
    },
  };
  return { key: sensorKey.encode(key), event, entity: { sensor: number } };
}

function note(random: Random): string | null {
  if (random.chance(0.001)) return 'x'.repeat(random.int(1_000, LARGE_TEXT));
  return random.pick([null, '', 'plain', 'Zürich ✈ 東京', '\u0000 and \u{1F600}', "'; DROP TABLE x; --"]);
}

function makeLayout(random: Random, number: number): GoodEvent {
  const entity = {
    site: `${random.pick(['', 'a', "b'\\\n", 'ü✈'])}#${number}`,
    floor: -number,
    outside: number % 2 === 0,
  };
  const event = {
    envelope: envelope(random),
    key: entity,
    values: {
      value: random.next(),
      vector: random.pick([null, [1, 2, 3, 4], [Number.NaN, -0, 0, Number.POSITIVE_INFINITY]]),
      tags: random.pick([null, [], ['', 'ü', 'x'.repeat(500)]]),
      marks: random.pick([null, [], [0n, -(2n ** 63n), 2n ** 63n - 1n]]),
    },
  };
  return { key: siteKey.encode(entity), event, entity };
}
