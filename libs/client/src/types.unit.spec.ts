import { describe, expectTypeOf, test } from 'vitest';
import { defineEntity, defineFeatureService, defineFeatureView } from '@millrace/feature-registry';
import type { Micros } from '@millrace/kernel';
import {
  createMillrace,
  type EntityOf,
  type Label,
  type OnlineFeature,
  type OnlineRow,
  type RowOf,
  type TimeInput,
} from './index.ts';

const airport = defineEntity({ name: 'airport', keys: { airport: 'string' }, owner: 'ops' });
const route = defineEntity({ name: 'route', keys: { route: 'long', charter: 'bool' }, owner: 'ops' });
const departures = defineFeatureView({
  name: 'departures',
  entity: airport,
  ttl: '1d',
  owner: 'ops',
  features: {
    mean_delay: { type: 'double' },
    departures: { type: 'int' },
    total: { type: 'long' },
    carrier: { type: 'string' },
    seen_at: { type: 'timestamp' },
    tags: { type: { array: 'string' } },
    place: { type: { embedding: 'float', dimension: 2 } },
  },
});
const traffic = defineFeatureView({
  name: 'traffic',
  entity: route,
  ttl: null,
  owner: 'ops',
  features: { flights: { type: 'long' }, open: { type: 'bool' } },
});
const late = defineFeatureService({
  name: 'late',
  owner: 'ops',
  views: [
    { view: departures, as: 'origin', features: ['mean_delay', 'tags'], keys: { airport: 'from' } },
    { view: departures, as: 'destination', features: ['mean_delay', 'place'], keys: { airport: 'to' } },
    { view: traffic, features: ['flights', 'open'] },
  ],
});

const millrace = createMillrace();
const eventTime = 0n;
/** Only its types are looked at. */
const never = () => false;

describe('rows', () => {
  test('have the key columns and features of their view', () => {
    expectTypeOf<RowOf<typeof departures>['airport']>().toEqualTypeOf<string>();
    expectTypeOf<RowOf<typeof departures>['mean_delay']>().toEqualTypeOf<number | null | undefined>();
    expectTypeOf<RowOf<typeof departures>['total']>().toEqualTypeOf<bigint | number | null | undefined>();
    expectTypeOf<RowOf<typeof departures>['seen_at']>().toEqualTypeOf<TimeInput | null | undefined>();
    expectTypeOf<RowOf<typeof departures>['tags']>().toEqualTypeOf<readonly string[] | null | undefined>();
    expectTypeOf<RowOf<typeof traffic>['route']>().toEqualTypeOf<bigint | number>();
    expectTypeOf<RowOf<typeof traffic>['charter']>().toEqualTypeOf<boolean>();
  });

  test('that are right compile, and wrong ones do not', () => {
    if (never()) {
      const { write, delete: remove } = millrace.features(departures);
      void write([
        {
          airport: 'SFO',
          eventTime,
          mean_delay: 7.5,
          total: 2n ** 60n,
          seen_at: new Date(),
          place: Float32Array.of(1, 2),
        },
      ]);
      void remove([{ airport: 'SFO', eventTime }]);
      // @ts-expect-error an unknown feature
      void write([{ airport: 'SFO', eventTime, mean_dealy: 7.5 }]);
      // @ts-expect-error a feature of another type
      void write([{ airport: 'SFO', eventTime, mean_delay: '7.5' }]);
      // @ts-expect-error an item of another type
      void write([{ airport: 'SFO', eventTime, tags: [1] }]);
      // @ts-expect-error no entity key
      void write([{ eventTime, mean_delay: 7.5 }]);
      // @ts-expect-error a null entity key
      void write([{ airport: null, eventTime }]);
      // @ts-expect-error no event time
      void write([{ airport: 'SFO', mean_delay: 7.5 }]);
      // @ts-expect-error an event time that is a number
      void write([{ airport: 'SFO', eventTime: 0 }]);
      // @ts-expect-error a key of another type
      void millrace.features(traffic).write([{ route: '7', charter: false, eventTime }]);
      // @ts-expect-error a deletion has no features
      void remove([{ airport: 'SFO', eventTime, mean_delay: 1 }]);
    }
  });

  test('of a view that is only a name are checked by the gateway', () => {
    if (never()) void millrace.features('departures').write([{ anything: 1, eventTime }]);
  });
});

describe('online answers', () => {
  type Row = OnlineRow<typeof late>;

  test('have the values of the service, by alias, with their types', () => {
    expectTypeOf<keyof Row['values']>().toEqualTypeOf<
      | 'origin__mean_delay'
      | 'origin__tags'
      | 'destination__mean_delay'
      | 'destination__place'
      | 'traffic__flights'
      | 'traffic__open'
    >();
    expectTypeOf<Row['values']['origin__mean_delay']>().toEqualTypeOf<number | null>();
    expectTypeOf<Row['values']['origin__tags']>().toEqualTypeOf<readonly string[] | null>();
    expectTypeOf<Row['values']['destination__place']>().toEqualTypeOf<readonly number[] | null>();
    expectTypeOf<Row['values']['traffic__flights']>().toEqualTypeOf<bigint | null>();
    expectTypeOf<Row['features']['traffic__open']>().toEqualTypeOf<OnlineFeature<boolean>>();
    expectTypeOf<OnlineFeature<number>['eventTime']>().toEqualTypeOf<Micros | undefined>();
  });

  test('are asked for by the columns that the service names', () => {
    expectTypeOf<keyof EntityOf<typeof late>>().toEqualTypeOf<'from' | 'to' | 'route' | 'charter'>();
    expectTypeOf<EntityOf<typeof late>['to']>().toEqualTypeOf<string>();
    expectTypeOf<EntityOf<typeof late>['route']>().toEqualTypeOf<bigint | number>();
    if (never()) {
      void millrace.online.read(late, [{ from: 'SFO', to: 'JFK', route: 7n, charter: false }]);
      // @ts-expect-error a key column is missing
      void millrace.online.read(late, [{ from: 'SFO', route: 7n, charter: false }]);
      // @ts-expect-error the view's own name of a column that the service calls otherwise
      void millrace.online.read(late, [{ airport: 'SFO', to: 'JFK', route: 7n, charter: false }]);
      // @ts-expect-error a key column of another type
      void millrace.online.read(late, [{ from: 1, to: 'JFK', route: 7n, charter: false }]);
      void millrace.online.read(late, []).then(({ rows: [row] }) => {
        // @ts-expect-error a feature that the service does not have
        return row?.values.origin__total;
      });
    }
  });
});

describe('labels', () => {
  test('name a prediction, or an entity and a time', () => {
    expectTypeOf<{ predictionId: 'p'; name: 'late'; value: true }>().toExtend<Label>();
    expectTypeOf<{ name: 'late'; value: true }>().not.toExtend<Label>();
    expectTypeOf<{ entityKey: { airport: 'SFO' }; name: 'late'; value: true }>().not.toExtend<Label>();
  });
});
