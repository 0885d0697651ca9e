import { type AvroType, compileAvro, eventSchemas, topics } from '@millrace/events';
import { definitionText } from '@millrace/feature-registry';
import { z } from 'zod';
import type { Random } from '../random.ts';
import { avroValues, type Manner } from './avro-value.ts';
import { envelope } from './envelope.ts';
import type { EventKind } from './event-kind.ts';
import { sensor } from './views.ts';

/** The events of each topic that is not a view's. */
export const lifecycleEvents = {
  [topics.predictions.name]: ['PredictionMade'],
  [topics.labels.name]: ['LabelObserved'],
  [topics.definitions.name]: ['DefinitionRegistered'],
  [topics.models.name]: ['ModelVersionRegistered', 'ModelReleased', 'ModelRolledBack'],
  [topics.driftWindows.name]: ['DriftWindowClosed'],
  [topics.retraining.name]: ['RetrainingRequested'],
  [topics.deadLetters.name]: ['DeadLettered', 'DeadLetterReplayed', 'DeadLetterDiscarded'],
  [topics.verifications.name]: ['StoresVerified'],
} as const satisfies Record<string, readonly (keyof typeof eventSchemas)[]>;

/** A kind of lifecycle event. */
export type LifecycleName = (typeof lifecycleEvents)[keyof typeof lifecycleEvents][number];

const names: ReadonlySet<string> = new Set(Object.values(lifecycleEvents).flat());

/** Whether a name is that of a lifecycle event. */
export function isLifecycle(name: string): name is LifecycleName {
  return names.has(name);
}

/** The kinds of lifecycle events. */
export async function lifecycleKinds(
  partitionsOf: (topic: string) => Promise<number>,
  schemaIdOf: (topic: string, name: LifecycleName) => Promise<number>,
): Promise<readonly EventKind[]> {
  const kinds: EventKind[] = [];
  for (const [topic, names] of Object.entries(lifecycleEvents)) {
    const partitions = await partitionsOf(topic);
    for (const name of names) {
      kinds.push({
        name,
        topic,
        partitions,
        schemaId: await schemaIdOf(topic, name),
        schema: eventSchemas[name],
        type: compileAvro(eventSchemas[name]),
        make: (random, number) => ({
          key: Buffer.from(`fuzz-${number}`),
          event: lifecycleEvent(name, random, 'plain'),
        }),
      });
    }
  }
  return kinds;
}

const eventSchema = z.record(z.string(), z.unknown());

/** A lifecycle event. What a definition says must be one, and stay the one that everybody knows. */
export function lifecycleEvent(name: LifecycleName, random: Random, manner: Manner): Record<string, unknown> {
  const made = eventSchema.parse(avroValues(random)(eventSchemas[name], manner));
  const event = { ...made, envelope: envelope(random) };
  if (name !== 'DefinitionRegistered') return event;
  const registered = {
    kind: 'entity',
    name: 'fuzz_sensor',
    definition: definitionText(sensor),
    revision: null,
  };
  return manner === 'plain'
    ? { ...event, ...registered, schemaId: null, schema: null }
    : { ...event, revision: null };
}

/** The bytes of an event whose values lie at the ends of their types. */
export function extremePayload(name: LifecycleName, type: AvroType, random: Random): Buffer {
  return type.toBuffer(lifecycleEvent(name, random, 'extreme'));
}
