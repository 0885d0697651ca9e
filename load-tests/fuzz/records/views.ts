import { defineEntity, defineFeatureService, defineFeatureView } from '@millrace/feature-registry';

/** An entity with one column, and one whose key has every type. */
export const sensor = defineEntity({ name: 'fuzz_sensor', keys: { sensor: 'long' }, owner: 'fuzz' });
export const site = defineEntity({
  name: 'fuzz_site',
  keys: { site: 'string', floor: 'int', outside: 'bool' },
  owner: 'fuzz',
});

/** Rows of plain values. */
export const readings = defineFeatureView({
  name: 'fuzz_readings',
  entity: sensor,
  ttl: null,
  owner: 'fuzz',
  features: {
    value: { type: 'double' },
    share: { type: 'float' },
    count: { type: 'int' },
    total: { type: 'long' },
    note: { type: 'string' },
    ok: { type: 'bool' },
    seen: { type: 'timestamp' },
  },
});

/** Rows with arrays. */
export const layouts = defineFeatureView({
  name: 'fuzz_layouts',
  entity: site,
  ttl: null,
  owner: 'fuzz',
  features: {
    value: { type: 'double' },
    vector: { type: { embedding: 'float', dimension: 4 } },
    tags: { type: { array: 'string' } },
    marks: { type: { array: 'long' } },
  },
});

/** A view that is registered when all is over, to see that everybody still follows the definitions. */
export const afterwards = defineFeatureView({
  name: 'fuzz_afterwards',
  entity: sensor,
  ttl: null,
  owner: 'fuzz',
  features: { value: { type: 'double' } },
});

/** What a model reads; only requests name it. */
const service = defineFeatureService({
  name: 'fuzz_service',
  owner: 'fuzz',
  views: [{ view: readings, features: ['value', 'count'] }],
});

/** What is registered before the run. */
export const definitions = [sensor, site, readings.definition, layouts.definition, service.definition];
