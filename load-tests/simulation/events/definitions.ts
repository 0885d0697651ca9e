import { defineEntity, defineFeatureView } from '@millrace/feature-registry';
import type { Micros } from '@millrace/kernel';
import { catalogOf, rowEncoder } from '@millrace/online-store/testing';

const entity = defineEntity({ name: 'thing', keys: { id: 'long' }, owner: 'simulation' });

const views = (
  [
    ['first', null],
    ['second', '5s'],
  ] as const
).map(([name, ttl]) =>
  defineFeatureView({ name, entity, ttl, owner: 'simulation', features: { value: { type: 'long' } } }),
);

/** The definitions as the log would give them. Never changed, so all runs share it. */
export const catalog = catalogOf([entity, ...views.map(({ definition }) => definition)], (view) =>
  view === 'first' ? 1 : 2,
);

/** The topics of the views. */
export const topics = catalog.views().map(({ topic }) => topic);

/** Encodes rows, by topic. */
export const encoders = new Map(
  catalog.views().map((view) => [view.topic, rowEncoder(catalog, view.definition.name)] as const),
);

/** The name of the view of a topic. */
export function viewOf(topic: string): string {
  const view = catalog.views().find((candidate) => candidate.topic === topic);
  if (view === undefined) throw new RangeError(`${topic} is not the topic of a view`);
  return view.definition.name;
}

/** How long after its TTL a row is kept, counted from its recording, in microseconds. */
export const HORIZON = 2_000_000n;

/** How long rows of a topic are valid; null for ever. */
export function ttlOf(topic: string): Micros | null {
  return catalog.views().find((candidate) => candidate.topic === topic)?.ttl ?? null;
}

/** How many entities there may be. */
export const ENTITIES = 4;

/** How far an event time may lie ahead: an hour, in microseconds. */
export const MAX_AHEAD = 3_600_000_000n;
