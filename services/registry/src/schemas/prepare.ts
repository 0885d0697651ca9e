import type { EventCodec, EventLog, LifecycleEventName, SchemaRegistry } from '@millrace/event-log';
import { topics } from '@millrace/events';

/** What preparing schemas needs. */
export interface SchemasDependencies {
  readonly log: EventLog;
  readonly schemas: SchemaRegistry;
  readonly codec: EventCodec;
}

const eventsOf: Readonly<Record<string, readonly LifecycleEventName[]>> = {
  [topics.definitions.name]: ['DefinitionRegistered'],
  [topics.models.name]: ['ModelVersionRegistered', 'ModelReleased', 'ModelRolledBack'],
  [topics.predictions.name]: ['PredictionMade'],
  [topics.labels.name]: ['LabelObserved'],
  [topics.driftWindows.name]: ['DriftWindowClosed'],
  [topics.retraining.name]: ['RetrainingRequested'],
  [topics.deadLetters.name]: ['DeadLettered'],
};

/** Registers the schemas of all lifecycle events, one after the other so that a new registry always numbers them alike. */
export async function prepareSchemas({ codec }: SchemasDependencies): Promise<void> {
  for (const [topic, names] of Object.entries(eventsOf)) {
    for (const name of names) await codec.schemaId(topic, name);
  }
}
