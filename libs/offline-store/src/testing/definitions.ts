import { type DefinitionRegistered, newEventId } from '@millrace/events';
import { Catalog, type Definition, definitionText, featureRowSchema } from '@millrace/feature-registry';

/** A catalog that the definitions were registered in, in their order; schema ids count from 1. */
export function catalogOf(...definitions: readonly Definition[]): Catalog {
  const catalog = new Catalog();
  definitions.forEach((definition, index) => catalog.apply(registered(catalog, definition, index + 1)));
  return catalog;
}

/** The event that registers a definition. */
export function registered(catalog: Catalog, definition: Definition, schemaId: number): DefinitionRegistered {
  const isView = definition.kind === 'feature-view';
  return {
    envelope: {
      eventId: newEventId(),
      eventTime: 0n,
      producer: { service: 'test', version: null, commit: null },
      traceparent: null,
    },
    revision: null,
    changeId: null,
    kind: definition.kind,
    name: definition.name,
    hash: `hash of ${definition.name}`,
    definition: definitionText(definition),
    topic: null,
    epoch: 0,
    subject: null,
    schemaId: isView ? schemaId : null,
    schema: isView ? JSON.stringify(featureRowSchema(definition, catalog.entity(definition.entity))) : null,
  };
}
