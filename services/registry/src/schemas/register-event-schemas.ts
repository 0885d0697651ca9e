import type { EventCodec, LifecycleEventName } from '@millrace/event-log';
import { topics } from '@millrace/events';

const eventsOf: Readonly<Record<string, readonly LifecycleEventName[]>> = {
  [topics.definitions.name]: ['DefinitionRegistered'],
  [topics.models.name]: ['ModelVersionRegistered', 'ModelReleased', 'ModelRolledBack'],
  [topics.predictions.name]: ['PredictionMade'],
  [topics.labels.name]: ['LabelObserved'],
  [topics.driftWindows.name]: ['DriftWindowClosed'],
  [topics.retraining.name]: ['RetrainingRequested'],
  [topics.deadLetters.name]: ['DeadLettered', 'DeadLetterReplayed', 'DeadLetterDiscarded'],
  [topics.verifications.name]: ['StoresVerified'],
};

/** Registers the schemas of all lifecycle events, so that any client can write them from the start. */
export async function registerEventSchemas(codec: EventCodec): Promise<void> {
  for (const [topic, names] of Object.entries(eventsOf)) {
    for (const name of names) await codec.schemaId(topic, name);
  }
}
