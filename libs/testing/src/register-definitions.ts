import type { AppendedAt, EventCodec, EventLog, SchemaRegistry } from '@millrace/event-log';
import { type DefinitionRegistered, featureTopic, newEventId, subjectOf, topics } from '@millrace/events';
import {
  type Definition,
  definitionHash,
  definitionText,
  type Entity,
  featureRowSchema,
} from '@millrace/feature-registry';
import { MillraceError, systemClock } from '@millrace/kernel';

/**
 * Registers definitions the way the registry service does, without one: schemas in the schema registry, topics, and
 * events on `definitions` (without a revision, so that tests beside each other do not get in each other's way). A view
 * stands after its entity, a service after its views.
 *
 * @returns where the last event stands, for `followDefinitions(…).caughtUp`.
 */
export async function registerDefinitions(
  log: EventLog,
  registry: SchemaRegistry,
  codec: EventCodec,
  definitions: readonly Definition[],
): Promise<AppendedAt> {
  const entities = new Map<string, Entity>();
  for (const definition of definitions) {
    if (definition.kind === 'entity') entities.set(definition.name, definition);
  }
  await log.ensureTopics([topics.definitions, ...definitions.flatMap(topicOf)]);
  let last: AppendedAt | undefined;
  for (const definition of definitions) {
    const event: DefinitionRegistered = {
      envelope: {
        eventId: newEventId(),
        eventTime: systemClock.now(),
        producer: { service: 'test', version: null, commit: null },
        traceparent: null,
      },
      kind: definition.kind,
      name: definition.name,
      hash: definitionHash(definition),
      definition: definitionText(definition),
      ...(await schemaOf(definition, entities, registry)),
      epoch: 0,
      revision: null,
      changeId: null,
    };
    const value = await codec.encode(topics.definitions.name, 'DefinitionRegistered', event);
    const key = Buffer.from(`${definition.kind}/${definition.name}`);
    [last] = await log.append([{ topic: topics.definitions.name, key, value }]);
  }
  if (last === undefined) throw new MillraceError('DEFINITION_INVALID', 'no definitions were given');
  return last;
}

function topicOf(definition: Definition) {
  return definition.kind === 'feature-view'
    ? [{ name: featureTopic(definition.name), partitions: 'default' as const }]
    : [];
}

async function schemaOf(
  definition: Definition,
  entities: ReadonlyMap<string, Entity>,
  registry: SchemaRegistry,
) {
  if (definition.kind !== 'feature-view') return { topic: null, subject: null, schemaId: null, schema: null };
  const entity = entities.get(definition.entity);
  if (entity === undefined) {
    throw new MillraceError(
      'DEFINITION_UNKNOWN',
      `register entity ${definition.entity} together with ${definition.name}`,
    );
  }
  const topic = featureTopic(definition.name);
  const subject = subjectOf(topic, `millrace.features.${definition.name}.FeatureWritten`);
  const schema = JSON.stringify(featureRowSchema(definition, entity));
  return { topic, subject, schemaId: await registry.register(subject, schema), schema };
}
