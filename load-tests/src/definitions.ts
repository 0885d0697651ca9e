import { defineEntity, defineFeatureService, defineFeatureView } from '@millrace/feature-registry';

/** The entity of the benchmarks. */
export const user = defineEntity({ name: 'bench_user', keys: { user_id: 'long' }, owner: 'benchmarks' });

const features = {
  f0: { type: 'double' },
  f1: { type: 'double' },
  f2: { type: 'double' },
  f3: { type: 'double' },
  f4: { type: 'double' },
  f5: { type: 'double' },
  f6: { type: 'int' },
  f7: { type: 'int' },
  f8: { type: 'long' },
  f9: { type: 'bool' },
} as const;

/** Names of the ten features of each view. */
export const featureNames = Object.keys(features);

/** Five views of ten features. */
export const views = ['bench_a', 'bench_b', 'bench_c', 'bench_d', 'bench_e'].map((name) =>
  defineFeatureView({ name, entity: user, ttl: null, owner: 'benchmarks', features }),
);

/** The view that the ingest scenario writes, so that it leaves the others as they are. */
export const ingestView = defineFeatureView({
  name: 'bench_ingest',
  entity: user,
  ttl: null,
  owner: 'benchmarks',
  features,
});

/** All fifty features. */
export const service = defineFeatureService({
  name: 'bench_service',
  owner: 'benchmarks',
  views: views.map((view) => ({ view, features: featureNames })),
});

/** Everything to apply, in order. */
export const definitions = [
  user,
  ...[...views, ingestView].map(({ definition }) => definition),
  service.definition,
];
