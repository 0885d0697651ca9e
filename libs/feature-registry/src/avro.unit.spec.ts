import { describe, expect, it } from 'vitest';
import { compileAvro } from '@millrace/events';
import { featureRowSchema } from './avro.ts';
import { definitionHash } from './canonical.ts';
import { defineEntity, defineFeatureService, defineFeatureView } from './define.ts';

const airport = defineEntity({ name: 'airport', keys: { airport: 'string' }, owner: 'ops' });
const departures = defineFeatureView({
  name: 'airport_departures',
  entity: airport,
  ttl: '1d',
  owner: 'ops',
  features: {
    mean_delay: { type: 'double', description: 'Minutes.' },
    landed_at: { type: 'timestamp' },
    carriers: { type: { array: 'string' } },
    shape: { type: { embedding: 'float', dimension: 2 } },
  },
});
const envelope = {
  eventId: 'id',
  eventTime: -1n,
  producer: { service: 'app', version: null, commit: null },
  traceparent: null,
};

describe('featureRowSchema', () => {
  const type = compileAvro(featureRowSchema(departures.definition, airport));

  it('holds typed values, each of which may be null', () => {
    const row = {
      envelope,
      key: { airport: 'SFO' },
      values: { mean_delay: 1.5, landed_at: 5n, carriers: ['UA'], shape: null },
    };
    const read: unknown = type.fromBuffer(type.toBuffer(row));
    expect(read).toMatchObject(row);
  });

  it('holds a deletion as null values', () => {
    const read: unknown = type.fromBuffer(type.toBuffer({ envelope, key: { airport: 'SFO' }, values: null }));
    expect(read).toMatchObject({ values: null });
  });

  it('reads rows of a view that had fewer features, with null for what they did not have', () => {
    const { mean_delay } = departures.definition.features;
    const before = compileAvro(
      featureRowSchema(
        {
          ...departures.definition,
          features: { mean_delay: mean_delay ?? { type: 'double', description: '' } },
        },
        airport,
      ),
    );
    const bytes = before.toBuffer({ envelope, key: { airport: 'SFO' }, values: { mean_delay: 2 } });
    const read: unknown = type.fromBuffer(bytes, type.createResolver(before));
    expect(read).toMatchObject({ values: { mean_delay: 2, carriers: null } });
  });
});

describe('definitions', () => {
  it('hash alike whatever the order of their members, but not of their key columns', () => {
    const view = departures.definition;
    const turned = { ...view, features: Object.fromEntries(Object.entries(view.features).toReversed()) };
    expect(definitionHash(turned)).toBe(definitionHash(view));
    const route = (keys: Record<string, 'string'>) =>
      definitionHash(defineEntity({ name: 'route', keys, owner: 'ops' }));
    expect(route({ a: 'string', b: 'string' })).not.toBe(route({ b: 'string', a: 'string' }));
  });

  it('are refused with every field that breaks its rule', () => {
    const define = () =>
      defineFeatureView({
        name: 'Bad Name',
        entity: airport,
        ttl: 'soon',
        owner: 'ops',
        features: { offset: { type: 'int' } },
      });
    expect(define).toThrow(
      /^(?=.*name: must be lower snake case)(?=.*ttl: must be a duration)(?=.*features\.offset: is a reserved name)/,
    );
  });

  it('let a view stand twice in a service only under another name', () => {
    const views = [
      { view: departures, features: ['mean_delay'] },
      { view: departures, features: ['mean_delay'] },
    ] as const;
    expect(() => defineFeatureService({ name: 's', owner: 'ops', views })).toThrow(/stands twice/);
  });
});
