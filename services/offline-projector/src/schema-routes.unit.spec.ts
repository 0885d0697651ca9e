import { expect, it, vi } from 'vitest';
import { KeyCodec } from '@millrace/events';
import { defineEntity, defineFeatureView, featureRowSchema } from '@millrace/feature-registry';
import { SchemaRoutes } from './schema-routes.ts';

const entity = defineEntity({ name: 'thing', keys: { thing: 'long' }, owner: 'tests' });
const { definition } = defineFeatureView({
  name: 'things',
  entity,
  ttl: null,
  owner: 'tests',
  features: { value: { type: 'double' } },
});
const schema = JSON.stringify(featureRowSchema(definition, entity));
const view = {
  definition,
  entity,
  hash: '',
  keyCodec: new KeyCodec(entity.keys),
  ttl: null,
  topic: 'features.things',
  epoch: 0,
  schemaId: 1,
  schema,
  schemas: new Map([[1, schema]]),
};
const garbage = Array.from({ length: 1_000 }, (_, index) => 1_000_000 + index);

it('keeps nothing of schemas that the registry does not have, and asks for each once a batch', async () => {
  const texts = new Map<number, string>();
  const schemaById = vi.fn<(id: number) => Promise<string | undefined>>(async (id) => texts.get(id));
  const routes = new SchemaRoutes('things', {
    catalog: { view: () => view },
    definitionsCaughtUp: () => Promise.resolve(),
    registry: { schemaById },
    ensureTable: () => Promise.resolve(),
    maxAhead: 0n,
  });
  const first = await routes.ofBatch();
  const written = await first.find(1);
  for (const id of garbage) {
    const route = await first.find(id);
    expect(route).toMatchObject({ code: 'SCHEMA_UNKNOWN' });
    expect(first.get(id)).toBe(route);
  }
  expect(schemaById).toHaveBeenCalledTimes(garbage.length);
  const second = await routes.ofBatch();
  expect(second.get(1)).toBe(written);
  expect(garbage.filter((id) => second.get(id) !== undefined)).toEqual([]);
  const [late = 0] = garbage;
  texts.set(late, schema);
  expect(await second.find(late)).toHaveProperty('transcoder');
});
