import {
  type ModelReleased,
  type ModelRolledBack,
  type ModelVersionRegistered,
  topics,
} from '@millrace/events';
import { float64, int64, map, text, word } from './codec.ts';
import { column, eventTable } from './event-table.ts';

/** An event of a model's stream, with its name. */
export type ModelEvent =
  | ({ readonly type: 'ModelVersionRegistered' } & ModelVersionRegistered)
  | ({ readonly type: 'ModelReleased' } & ModelReleased)
  | ({ readonly type: 'ModelRolledBack' } & ModelRolledBack);

const registered =
  <T>(pick: (event: ModelVersionRegistered) => T, none: T) =>
  (event: ModelEvent) =>
    event.type === 'ModelVersionRegistered' ? pick(event) : none;

/** Every event of the models' streams as the log has it. */
export const releases = eventTable<ModelEvent>(
  topics.models,
  {
    name: 'releases_raw',
    comment: 'Events of models as the log has them; releases shows those that count.',
    orderBy: ['model', 'stream_version', 'as_of_key'],
  },
  [
    column('type', word, ({ type }) => type, 'ModelVersionRegistered, ModelReleased or ModelRolledBack.'),
    column('model', word, ({ model }) => model, 'The model.'),
    column(
      'stream_version',
      int64,
      ({ streamVersion }) => streamVersion,
      'Of several events with one version, only the first in the log counts.',
    ),
    column(
      'version',
      word,
      (event) => (event.type === 'ModelRolledBack' ? event.toVersion : event.version),
      'The version that was registered, released, or gone back to.',
    ),
    column(
      'alias',
      word,
      (event) => (event.type === 'ModelVersionRegistered' ? '' : event.alias),
      'The alias, such as champion; empty for a registration.',
    ),
    column('previous_version', word, previousVersion, 'The version that had the alias before, or empty.'),
    column(
      'reason',
      text,
      (event) => (event.type === 'ModelVersionRegistered' ? '' : (event.reason ?? '')),
      'Why.',
    ),
    column(
      'feature_service',
      word,
      registered((event) => event.featureService, ''),
      'The feature service that the version reads.',
    ),
    column(
      'feature_service_hash',
      word,
      registered((event) => event.featureServiceHash, ''),
      'Hash of that definition.',
    ),
    column(
      'artifact_uri',
      text,
      registered((event) => event.artifactUri, ''),
      'Where the model file is.',
    ),
    column(
      'artifact_hash',
      text,
      registered((event) => event.artifactHash, ''),
      'SHA-256 of the model file.',
    ),
    column(
      'snapshot_id',
      text,
      registered((event) => event.snapshotId ?? '', ''),
      'The training snapshot, or empty.',
    ),
    column(
      'snapshot_hash',
      text,
      registered((event) => event.snapshotHash ?? '', ''),
      'Content hash of that snapshot.',
    ),
    column(
      'metrics',
      map(float64),
      registered((event) => event.metrics, {}),
      'What was measured in training.',
    ),
    column(
      'tags',
      map(text),
      registered((event) => event.tags, {}),
      'Anything else worth knowing.',
    ),
  ],
);

function previousVersion(event: ModelEvent): string {
  if (event.type === 'ModelRolledBack') return event.fromVersion;
  return event.type === 'ModelReleased' ? (event.previousVersion ?? '') : '';
}
