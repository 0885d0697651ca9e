import type { EventCodec, LifecycleEvent, LogRecord } from '@millrace/event-log';
import { type Envelope, topics, unframe } from '@millrace/events';
import { definitionOf } from '@millrace/feature-registry';
import { formatInstant, isInstant, MillraceError } from '@millrace/kernel';
import { type EventTable, eventTables, type RowWriter } from '@millrace/offline-store';
import { BatchTally } from './batch-tally.ts';
import type { BatchEncoder } from './encoded-batch.ts';
import { RowSections, type RowTarget } from './row-sections.ts';

/** The topics of lifecycle events that the offline store keeps. */
export const lifecycleTopics = [
  topics.predictions,
  topics.labels,
  topics.models,
  topics.driftWindows,
  topics.retraining,
  topics.deadLetters,
  topics.definitions,
  topics.verifications,
];

type Place = Parameters<EventTable<never>['write']>[1]['place'];

/** A row that is ready to be written to its table. */
interface ReadyRow {
  readonly target: RowTarget;
  readonly envelope: Envelope;
  write(writer: RowWriter, place: Place, schemaId: number): void;
}

/** Encodes lifecycle events of a topic. */
export function lifecycleEncoder(topic: string, codec: EventCodec, maxAhead: bigint): BatchEncoder {
  return {
    epoch: () => 0,
    async encode(batch, firstOffset) {
      const tally = new BatchTally();
      const sections = new RowSections(64 * 1024);
      for (const record of batch.records) {
        tally.record(record.recordedAt);
        try {
          const { value, recordedAt, partition, offset } = record;
          if (value === null) throw new MillraceError('EVENT_MALFORMED', 'the record has no value');
          const row = rowOf(topic, await codec.decode(value));
          checkTime(row.envelope.eventTime, record, maxAhead);
          const place = { epoch: 0, partition, offset, recordedAt };
          row.write(sections.writerFor(row.target, recordedAt), place, unframe(value)?.schemaId ?? 0);
          tally.row(row.envelope.eventTime);
        } catch (error) {
          tally.letter(record, error);
        }
      }
      const range = tally.range(batch, 0, firstOffset);
      return { batch, sections: sections.finish(), letters: tally.letters, range };
    },
  };
}

function rowOf(topic: string, { name, event }: LifecycleEvent): ReadyRow {
  if (topic !== topicOf[name])
    throw new MillraceError('VALUE_INVALID', `${name} is not an event of the topic ${topic}`);
  switch (name) {
    case 'PredictionMade':
      return ready(eventTables.predictions, topic, event);
    case 'LabelObserved':
      return ready(eventTables.labels, topic, event);
    case 'ModelVersionRegistered':
      return ready(eventTables.releases, topic, { type: name, ...event });
    case 'ModelReleased':
      return ready(eventTables.releases, topic, { type: name, ...event });
    case 'ModelRolledBack':
      return ready(eventTables.releases, topic, { type: name, ...event });
    case 'DriftWindowClosed':
      return ready(eventTables.driftWindows, topic, event);
    case 'RetrainingRequested':
      return ready(eventTables.retraining, topic, event);
    case 'DeadLettered':
      return ready(eventTables.deadLetters, topic, { type: name, ...event });
    case 'DeadLetterReplayed':
      return ready(eventTables.deadLetters, topic, { type: name, ...event });
    case 'DeadLetterDiscarded':
      return ready(eventTables.deadLetters, topic, { type: name, ...event });
    case 'DefinitionRegistered':
      definitionOf(event);
      return ready(eventTables.definitions, topic, event);
    case 'StoresVerified':
      return ready(eventTables.verifications, topic, event);
    default:
      return name satisfies never;
  }
}

const topicOf: Readonly<Record<LifecycleEvent['name'], string>> = {
  PredictionMade: topics.predictions.name,
  LabelObserved: topics.labels.name,
  ModelVersionRegistered: topics.models.name,
  ModelReleased: topics.models.name,
  ModelRolledBack: topics.models.name,
  DriftWindowClosed: topics.driftWindows.name,
  RetrainingRequested: topics.retraining.name,
  DeadLettered: topics.deadLetters.name,
  DeadLetterReplayed: topics.deadLetters.name,
  DeadLetterDiscarded: topics.deadLetters.name,
  DefinitionRegistered: topics.definitions.name,
  StoresVerified: topics.verifications.name,
};

function ready<E extends { readonly envelope: Envelope }>(
  { table, columns, write }: EventTable<E>,
  topic: string,
  event: E,
): ReadyRow {
  return {
    target: { table: table.name, columns },
    envelope: event.envelope,
    write: (writer, place, schemaId) => write(writer, { event, topic, place, schemaId }),
  };
}

function checkTime(eventTime: bigint, { recordedAt }: LogRecord, maxAhead: bigint): void {
  if (!isInstant(eventTime))
    throw new MillraceError(
      'TIME_INVALID',
      `the event time ${eventTime} µs lies outside the years 1 to 9999`,
    );
  if (eventTime - recordedAt > maxAhead)
    throw new MillraceError(
      'EVENT_TOO_FAR_AHEAD',
      `the event time ${formatInstant(eventTime)} is too far ahead of ${formatInstant(recordedAt)}, when it was recorded`,
    );
}
