import { randomUUID } from 'node:crypto';
import { EventCodec, type EventLog, type SchemaRegistry } from '@millrace/event-log';
import { featureTopic, newEventId, subjectOf, topics } from '@millrace/events';
import {
  type Definition,
  definitionHash,
  definitionText,
  type Entity,
  featureRowSchema,
} from '@millrace/feature-registry';

/** Writes `definitions` events as the registry would, for tests of a service that only follows them. */
export async function registerForTest(
  definitions: readonly Definition[],
  log: EventLog,
  schemas: SchemaRegistry,
): Promise<ReadonlyMap<string, number>> {
  const codec = new EventCodec(schemas);
  const entities = new Map<string, Entity>();
  const schemaIds = new Map<string, number>();
  await log.ensureTopics([topics.definitions]);
  for (const definition of definitions) {
    const { kind, name } = definition;
    if (definition.kind === 'entity') entities.set(name, definition);
    const entity = definition.kind === 'feature-view' ? entities.get(definition.entity) : undefined;
    const view = definition.kind === 'feature-view' && entity !== undefined ? definition : undefined;
    const topic = view === undefined ? null : featureTopic(name);
    const subject = topic === null ? null : subjectOf(topic, 'FeatureWritten');
    const schema =
      view === undefined || entity === undefined ? null : JSON.stringify(featureRowSchema(view, entity));
    if (topic !== null) await log.ensureTopics([{ name: topic, partitions: 2 }]);
    const schemaId = subject === null || schema === null ? null : await schemas.register(subject, schema);
    if (schemaId !== null) schemaIds.set(name, schemaId);
    const value = await codec.encode(topics.definitions.name, 'DefinitionRegistered', {
      envelope: {
        eventId: newEventId(),
        eventTime: BigInt(Date.now()) * 1000n,
        producer: { service: 'test', version: null, commit: null },
        traceparent: null,
      },
      kind,
      name,
      hash: definitionHash(definition),
      definition: definitionText(definition),
      topic,
      epoch: 0,
      subject,
      schemaId,
      schema,
      revision: null,
      changeId: randomUUID(),
    });
    await log.append([{ topic: topics.definitions.name, key: Buffer.from(`${kind}/${name}`), value }]);
  }
  return schemaIds;
}
