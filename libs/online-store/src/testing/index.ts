import { compileAvro, type EntityKey, type EventId, frame } from '@millrace/events';
import {
  Catalog,
  type Definition,
  definitionHash,
  definitionText,
  featureRowSchema,
  type FeatureValue,
} from '@millrace/feature-registry';
import type { Micros } from '@millrace/kernel';

const nobody = { service: 'tests', version: null, commit: null };

/** A catalog as the log would make it of these definitions, entities first. */
export function catalogOf(
  definitions: readonly Definition[],
  schemaIdOf: (view: string) => number = () => 1,
): Catalog {
  const catalog = new Catalog();
  for (const definition of definitions) {
    const isView = definition.kind === 'feature-view';
    catalog.apply({
      envelope: {
        eventId: '00000000-0000-4000-8000-000000000000',
        eventTime: 0n,
        producer: nobody,
        traceparent: null,
      },
      kind: definition.kind,
      name: definition.name,
      hash: definitionHash(definition),
      definition: definitionText(definition),
      topic: null,
      epoch: 0,
      subject: null,
      schemaId: isView ? schemaIdOf(definition.name) : null,
      schema: isView ? JSON.stringify(featureRowSchema(definition, catalog.entity(definition.entity))) : null,
      revision: null,
      changeId: null,
    });
  }
  return catalog;
}

/** What a test row is made of; features that are left out are null, and null for all of them is a deletion. */
export interface TestRow {
  readonly key: EntityKey;
  readonly eventId: EventId;
  readonly eventTime: Micros;
  readonly values: Readonly<Record<string, FeatureValue>> | null;
}

/** A function that encodes rows of a view, framed. */
export function rowEncoder(catalog: Catalog, name: string): (row: TestRow) => Buffer {
  const view = catalog.view(name);
  const type = compileAvro(featureRowSchema(view.definition, view.entity));
  return ({ key, eventId, eventTime, values }) =>
    frame(
      view.schemaId,
      type.toBuffer({ envelope: { eventId, eventTime, producer: nobody, traceparent: null }, key, values }),
    );
}
