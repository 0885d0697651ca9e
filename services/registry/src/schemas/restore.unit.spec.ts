import { describe, expect, it } from 'vitest';
import type { SchemaRegistry } from '@millrace/event-log';
import { newEventId } from '@millrace/events';
import {
  Catalog,
  defineEntity,
  defineFeatureView,
  definitionHash,
  definitionText,
  featureRowSchema,
} from '@millrace/feature-registry';
import { restoreSchemas } from './restore.ts';

const airport = defineEntity({ name: 'airport', keys: { airport: 'string' }, owner: 'tests' });
const views = ['arrivals', 'departures'].map((name) =>
  defineFeatureView({
    name,
    entity: airport,
    ttl: null,
    owner: 'tests',
    features: { delay: { type: 'double' } },
  }),
);
const schemaOf = (index: number) => {
  const view = views[index];
  if (view === undefined) throw new Error('no such view');
  return JSON.stringify(featureRowSchema(view.definition, airport));
};

/** Views with schemas 11 and 12. */
function catalogOf(): Catalog {
  const catalog = new Catalog();
  const definitions = [airport, ...views.map(({ definition }) => definition)];
  definitions.forEach((definition, index) => {
    catalog.apply({
      envelope: {
        eventId: newEventId(),
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
      schemaId: index === 0 ? null : 10 + index,
      schema: index === 0 ? null : schemaOf(index - 1),
      revision: null,
      changeId: null,
    });
  });
  return catalog;
}

/** A registry that numbers what is new from `next` on, as they all do. */
function registryWith(
  schemas: Map<number, string>,
  next: number,
): SchemaRegistry & { readonly subjects: string[] } {
  const subjects: string[] = [];
  return {
    subjects,
    register: async (subject, schema) => {
      subjects.push(subject);
      const id = next + subjects.length - 1;
      schemas.set(id, schema);
      return id;
    },
    schemaById: async (id) => schemas.get(id),
  };
}

describe('schemas that the registry lost', () => {
  it('leaves what is there as it is', async () => {
    const registry = registryWith(
      new Map([
        [11, schemaOf(0)],
        [12, schemaOf(1)],
      ]),
      13,
    );
    expect(await restoreSchemas(catalogOf(), registry)).toEqual([]);
    expect(registry.subjects).toEqual([]);
  });

  it('come back with their ids, in their order', async () => {
    const registry = registryWith(new Map(), 11);
    expect(await restoreSchemas(catalogOf(), registry)).toEqual([11, 12]);
    expect(registry.subjects).toEqual(['features.arrivals-value', 'features.departures-value']);
  });

  it('are an error when the id is another, or taken', async () => {
    await expect(restoreSchemas(catalogOf(), registryWith(new Map(), 1))).rejects.toMatchObject({
      code: 'SCHEMA_UNKNOWN',
      message: expect.stringContaining('it came out as 1'),
    });
    const taken = registryWith(new Map([[11, schemaOf(1)]]), 12);
    await expect(restoreSchemas(catalogOf(), taken)).rejects.toMatchObject({
      code: 'SCHEMA_UNKNOWN',
      message: expect.stringContaining('another schema under this id'),
    });
  });
});
