import { describe, expect, it } from 'vitest';
import type { DefinitionRegistered } from '@millrace/events';
import { featureRowSchema } from './avro.ts';
import { definitionHash, definitionText } from './canonical.ts';
import { Catalog } from './catalog.ts';
import { type Definition, definitionSchema, type Entity, type FeatureView } from './definition.ts';
import { planDefinitions } from './plan.ts';

const about = { owner: 'ops', description: '', tags: {} };
const airport: Entity = {
  kind: 'entity',
  name: 'airport',
  keys: { code: 'string', terminal: 'int' },
  ...about,
};
const departures: FeatureView = {
  kind: 'feature-view',
  name: 'departures',
  entity: 'airport',
  ttl: '1d',
  features: {
    mean_delay: { type: 'double', description: '' },
    flights: { type: 'int', description: '' },
  },
  ...about,
};
const lateArrival: Definition = {
  kind: 'feature-service',
  name: 'late_arrival',
  views: [{ view: 'departures', as: 'origin', features: ['mean_delay'], keys: { code: 'origin' } }],
  ...about,
};

let schemaId = 0;
function registered(definition: Definition, more: Partial<DefinitionRegistered> = {}): DefinitionRegistered {
  const view = definition.kind === 'feature-view';
  return {
    envelope: {
      eventId: '00000000-0000-8000-8000-000000000000',
      eventTime: 0n,
      producer: { service: 'test', version: null, commit: null },
      traceparent: null,
    },
    kind: definition.kind,
    name: definition.name,
    hash: definitionHash(definition),
    definition: definitionText(definition),
    topic: null,
    epoch: 0,
    subject: null,
    schemaId: view ? ++schemaId : null,
    schema: view ? JSON.stringify(featureRowSchema(definition, airport)) : null,
    revision: null,
    changeId: null,
    ...more,
  };
}

function catalogOf(...definitions: readonly Definition[]): Catalog {
  const catalog = new Catalog();
  for (const definition of definitions) catalog.apply(registered(definition));
  return catalog;
}

function plan(
  wanted: readonly unknown[],
  catalog = catalogOf(airport, departures, lateArrival),
  readers: string[] = [],
) {
  const definitions = wanted.map((definition) => definitionSchema.parse(definition));
  return planDefinitions(definitions, { catalog, modelsReading: () => readers });
}

const problemsOf = (...planned: Parameters<typeof plan>) =>
  plan(...planned).flatMap(({ problems }) =>
    problems.map(({ path, code, message }) => `${path} ${code}: ${message}`),
  );

describe('a plan', () => {
  it('puts entities before views before services, which may refer to one another', () => {
    const planned = plan([lateArrival, departures, airport], new Catalog());
    expect(planned.map(({ definition, action }) => `${action} ${definition.name}`)).toEqual([
      'create airport',
      'create departures',
      'create late_arrival',
    ]);
    expect(planned.map(({ changes }) => changes)).toEqual([
      ['key columns code (string), terminal (int)'],
      ['2 features of airport, rows older than 1d are not served'],
      ['1 feature of departures as origin'],
    ]);
  });

  it('finds unchanged what says the same in another order', () => {
    const { features, ...rest } = departures;
    const reordered = {
      features: { flights: features['flights'], mean_delay: features['mean_delay'] },
      ...rest,
    };
    expect(plan([reordered, airport, lateArrival]).map(({ action }) => action)).toEqual([
      'unchanged',
      'unchanged',
      'unchanged',
    ]);
  });

  it('says what a change does', () => {
    const features = {
      mean_delay: { type: 'double', expectations: { min: 0 } },
      flights: { type: 'int', description: 'departures in an hour' },
      shares: { type: { array: 'float' } },
    };
    const [planned] = plan([{ ...departures, features, ttl: null, owner: 'data', tags: { tier: '1' } }]);
    expect(planned).toMatchObject({
      action: 'change',
      problems: [],
      changes: [
        'expectations of mean_delay change',
        'description of flights changes',
        'adds feature shares (array<float>)',
        'rows never grow too old (was rows older than 1d are not served)',
        'owner becomes data (was ops)',
        'tags change',
      ],
    });
  });
});

describe('a plan refuses', () => {
  it.each([
    [
      'another type',
      { code: 'string', terminal: 'long' },
      'keys.terminal DEFINITION_INCOMPATIBLE: key column terminal is int and cannot become long; define another entity',
    ],
    [
      'a column less',
      { code: 'string' },
      'keys.terminal DEFINITION_INCOMPATIBLE: key column terminal cannot be removed; define another entity',
    ],
    [
      'a column more',
      { code: 'string', terminal: 'int', gate: 'int' },
      'keys.gate DEFINITION_INCOMPATIBLE: key column gate cannot be added; define another entity',
    ],
    [
      'another order',
      { terminal: 'int', code: 'string' },
      'keys DEFINITION_INCOMPATIBLE: the order of the key columns is code, terminal and cannot change; it is part of every record key',
    ],
  ])('%s of key columns', (_, keys, problem) => {
    expect(problemsOf([{ ...airport, keys }])).toEqual([problem]);
  });

  it('another type of a feature, and the end of one that is read', () => {
    const features = { mean_delay: { type: 'float' }, flights: { type: 'long' } };
    expect(problemsOf([{ ...departures, features }])).toEqual([
      'features.mean_delay.type DEFINITION_INCOMPATIBLE: feature mean_delay is double and cannot become float; give the new one another name',
      'features.flights.type DEFINITION_INCOMPATIBLE: feature flights is int and cannot become long; give the new one another name',
    ]);
    expect(problemsOf([{ ...departures, features: { flights: { type: 'int' } } }])).toContain(
      'features.mean_delay DEFINITION_INCOMPATIBLE: feature mean_delay cannot be removed: feature service late_arrival reads it',
    );
  });

  it('a feature that comes back with another type', () => {
    const without = definitionSchema.parse({ ...departures, features: { mean_delay: { type: 'double' } } });
    const catalog = catalogOf(airport, departures, without, lateArrival);
    const back = (type: string) => ({
      ...departures,
      features: { ...departures.features, flights: { type } },
    });
    expect(problemsOf([back('int')], catalog)).toEqual([]);
    expect(problemsOf([back('string')], catalog)).toEqual([
      expect.stringMatching(/^features.flights.type .*another type in schema \d+/),
    ]);
  });

  it('another entity of a view', () => {
    const runway = { ...airport, name: 'runway' };
    expect(problemsOf([runway, { ...departures, entity: 'runway' }])).toEqual([
      'entity DEFINITION_INCOMPATIBLE: the entity is airport and cannot become runway; define another view',
    ]);
  });

  it('what refers to nothing, or to two things by one name', () => {
    expect(problemsOf([{ ...departures, name: 'arrivals_raw_g2', entity: 'nobody' }])).toEqual([
      'name DEFINITION_INVALID: must not end in _raw or _raw_g1, which name the raw tables of the offline store',
      'entity DEFINITION_UNKNOWN: there is no entity named nobody',
    ]);
    expect(problemsOf([{ ...departures, name: 'arrivals', features: { code: { type: 'int' } } }])).toEqual([
      'features.code DEFINITION_INVALID: code is a key column of airport; a row holds both side by side',
    ]);
    expect(problemsOf([departures, departures])).toEqual([
      'name DEFINITION_INVALID: feature-view departures stands twice',
    ]);
    const views = [
      { view: 'nothing', features: ['x'] },
      {
        view: 'departures',
        features: ['mean_delay', 'mean_delay', 'x'],
        keys: { terminal: 'code', gate: 'g' },
      },
    ];
    expect(problemsOf([{ ...lateArrival, views }])).toEqual([
      'views.0.view DEFINITION_UNKNOWN: there is no feature view named nothing',
      'views.1.features.1 DEFINITION_INVALID: mean_delay stands twice',
      'views.1.features.2 DEFINITION_UNKNOWN: feature view departures has no feature x',
      'views.1.keys.gate DEFINITION_UNKNOWN: gate is no key column of airport',
      'views.1.keys.terminal DEFINITION_INVALID: column code is string for departures and int for departures; name one of them otherwise',
    ]);
  });

  it('other features for a model version that reads the service', () => {
    const views = [{ view: 'departures', features: ['flights'] }];
    expect(problemsOf([{ ...lateArrival, views }])).toEqual([]);
    expect(problemsOf([{ ...lateArrival, owner: 'data' }], undefined, ['version 1 of model late'])).toEqual(
      [],
    );
    expect(problemsOf([{ ...lateArrival, views }], undefined, ['version 1 of model late'])).toEqual([
      'views DEFINITION_INCOMPATIBLE: the features cannot change: version 1 of model late reads late_arrival; define another feature service',
    ]);
  });
});

describe('two changes of one revision', () => {
  it('count as a whole or not at all, even when the loser wrote more events', () => {
    const catalog = new Catalog();
    const first = { revision: 1n, changeId: 'first' };
    const second = { revision: 1n, changeId: 'second' };
    expect(catalog.apply(registered(airport, first))).toBe(true);
    const other = definitionSchema.parse({ ...airport, keys: { code: 'int' } });
    expect(catalog.apply(registered(other, second))).toBe(false);
    expect(catalog.apply(registered(departures, second))).toBe(false);
    expect(catalog.apply(registered(departures, { revision: 2n, changeId: 'third' }))).toBe(true);
    expect(catalog.apply(registered(lateArrival, { revision: 3n, changeId: 'fourth' }))).toBe(true);
    expect(catalog.apply(registered(lateArrival, second))).toBe(false);
    expect(catalog.revision).toBe(3n);
    expect(catalog.entity('airport')).toEqual(airport);
  });
});
