import { defineEntity, defineFeatureView } from '@millrace/feature-registry';

/** The entity of the load: each row has one of its own, so that no row can stand for another. */
export const load = defineEntity({ name: 'pressure_load', keys: { number: 'long' }, owner: 'load-tests' });

/** What the load writes. */
export const pressure = defineFeatureView({
  name: 'pressure',
  entity: load,
  ttl: null,
  owner: 'load-tests',
  features: { value: { type: 'double' }, text: { type: 'string' } },
});

/** The topic of the load. */
export const pressureTopic = `features.${pressure.definition.name}`;
