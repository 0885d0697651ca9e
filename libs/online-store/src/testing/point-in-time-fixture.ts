import type { EntityKey, EventId } from '@millrace/events';
import {
  defineEntity,
  defineFeatureService,
  defineFeatureView,
  type FeatureValue,
} from '@millrace/feature-registry';
import { type Micros, SECOND } from '@millrace/kernel';
import { catalogOf } from './index.ts';

export const airport = defineEntity({ name: 'airport', keys: { airport: 'string' }, owner: 'tests' });
const gate = defineEntity({ name: 'gate', keys: { a: 'string', b: 'string' }, owner: 'tests' });
export const features = { delay: { type: 'double' }, count: { type: 'long' } } as const;
const about = { owner: 'tests', features };
const hourly = defineFeatureView({ name: 'hourly', entity: airport, ttl: '1h', ...about });
const brief = defineFeatureView({ name: 'brief', entity: airport, ttl: '250ms', ...about });
export const lasting = defineFeatureView({ name: 'lasting', entity: airport, ttl: null, ...about });
const gates = defineFeatureView({ name: 'gates', entity: gate, ttl: null, ...about });
const views = [hourly, brief, lasting, gates];
const route = defineFeatureService({
  name: 'route',
  owner: 'tests',
  views: [
    { view: lasting, as: 'origin', features: ['delay'], keys: { airport: 'origin' } },
    { view: lasting, as: 'destination', features: ['delay', 'count'], keys: { airport: 'destination' } },
    { view: hourly, features: ['count'], keys: { airport: 'origin' } },
  ],
});
/** The definitions that the cases are about. */
export const catalog = catalogOf([
  airport,
  gate,
  ...views.map(({ definition }) => definition),
  route.definition,
]);
/** The names of their views. */
export type ViewName = (typeof views)[number]['definition']['name'];

/** An event of a case. */
export interface Event {
  readonly view?: ViewName;
  readonly at: Micros;
  /** The values of `delay`; `deleted` for a deletion. */
  readonly delay: number | null | 'deleted';
  readonly id?: EventId;
  readonly key?: EntityKey;
}

/** The TTL of the view `hourly`. */
export const HOUR = 3600n * SECOND;
/** An instant for cases to be about. */
export const T = 1_000_000_000_000_000n;

/** The answer by going through everything that is known at a moment: the rule, as it is written. */
export function bruteForce(
  log: readonly Required<Pick<Event, 'at' | 'delay' | 'id'>>[],
  at: Micros,
): readonly [string, FeatureValue] {
  const firsts = log.filter((event, index) => log.findIndex(({ id }) => id === event.id) === index);
  const newest = firsts.toSorted((a, b) => Number(a.at - b.at)).at(-1);
  if (newest === undefined || newest.delay === 'deleted') return ['NOT_FOUND', null];
  if (newest.at < at - HOUR) return ['OUTSIDE_MAX_AGE', null];
  return newest.delay === null ? ['NULL_VALUE', null] : ['PRESENT', newest.delay];
}
