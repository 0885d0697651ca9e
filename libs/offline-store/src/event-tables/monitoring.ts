import {
  type DriftTest,
  type DriftWindowClosed,
  type FeatureDrift,
  type RetrainingRequested,
  topics,
} from '@millrace/events';
import { array, bool, field, float64, instant, int32, int64, nullable, text, tuple, word } from './codec.ts';
import { column, eventTable } from './event-table.ts';
import { offsets } from './offsets.ts';

const tests = array(
  tuple<DriftTest>([
    field('name', word, ({ name }) => name),
    field('statistic', nullable(float64), ({ statistic }) => statistic),
    field('p_value', nullable(float64), ({ pValue }) => pValue),
    field('threshold', float64, ({ threshold }) => threshold),
    field('drifted', bool, ({ drifted }) => drifted),
  ]),
);

const features = array(
  tuple<FeatureDrift>([
    field('name', word, ({ name }) => name),
    field('type', word, ({ type }) => type),
    field('rows', int64, ({ rows }) => rows),
    field('nulls', int64, ({ nulls }) => nulls),
    field('null_share', float64, ({ nullShare }) => nullShare),
    field('reference_null_share', float64, ({ referenceNullShare }) => referenceNullShare),
    field('bins', array(text), ({ bins }) => bins),
    field('counts', array(int64), ({ counts }) => counts),
    field('reference_counts', array(int64), ({ referenceCounts }) => referenceCounts),
    field('psi', nullable(float64), ({ psi }) => psi),
    field('drifted', bool, ({ drifted }) => drifted),
    field('tests', tests, (feature) => feature.tests),
  ]),
);

/** Every revision of every drift window as the log has it. */
export const driftWindows = eventTable<DriftWindowClosed>(
  topics.driftWindows,
  {
    name: 'drift_windows_raw',
    comment: 'Drift windows as the log has them, every revision; drift_windows shows the newest of each.',
    orderBy: ['monitor', 'subject', 'window_start', 'revision', 'as_of_key'],
  },
  [
    column('monitor', word, (event) => event.monitor, 'The monitor that the window belongs to.'),
    column('subject_kind', word, (event) => event.subjectKind, 'feature-view or model.'),
    column('subject', word, (event) => event.subject, 'The feature view or model.'),
    column('window_start', instant, (event) => event.windowStart, 'First instant of the window.'),
    column('window_end', instant, (event) => event.windowEnd, 'First instant after it.'),
    column(
      'revision',
      int32,
      (event) => event.revision,
      '1 for the first result, one more for each restatement.',
    ),
    column('reason', word, (event) => event.reason, 'closed, late-data or backfill.'),
    column('offsets', offsets, (event) => event.offsets, 'The last offsets that the result was computed at.'),
    column('reference_start', instant, (event) => event.referenceStart, 'First instant of the reference.'),
    column('reference_end', instant, (event) => event.referenceEnd, 'First instant after it.'),
    column('reference_rows', int64, (event) => event.referenceRows, 'Rows in the reference.'),
    column('rows', int64, (event) => event.rows, 'Rows in the window.'),
    column('features', features, (event) => event.features, 'The drift of each feature.'),
    column('drifted_share', float64, (event) => event.driftedShare, 'Drifted features / features.'),
    column('result_hash', text, (event) => event.resultHash, 'SHA-256 of the result.'),
  ],
);

/** Every retraining request as the log has it. */
export const retraining = eventTable<RetrainingRequested>(
  topics.retraining,
  {
    name: 'retraining_raw',
    comment: 'Retraining requests as the log has them; retraining shows those that count.',
    orderBy: ['model', 'request_id', 'stream_version', 'as_of_key'],
  },
  [
    column('request_id', text, (event) => event.requestId, 'The same cause gives the same id.'),
    column(
      'stream_version',
      int64,
      (event) => event.streamVersion,
      'Of several events with one version, only the first in the log counts.',
    ),
    column('policy', word, (event) => event.policy, 'The policy that raised it.'),
    column('model', word, (event) => event.model, 'The model to train.'),
    column('champion_version', word, (event) => event.championVersion ?? '', 'The champion then, or empty.'),
    column('trigger', word, (event) => event.trigger, 'What raised it, such as drift.'),
    column('reason', text, (event) => event.reason, 'The sentence to show a person.'),
    column('monitor', word, (event) => event.monitor, 'The monitor with the evidence.'),
    column('window_start', instant, (event) => event.windowStart, 'The window that decided.'),
    column('window_end', instant, (event) => event.windowEnd, 'Its end.'),
    column('window_revision', int32, (event) => event.windowRevision, 'Its revision.'),
    column('drifted_share', float64, (event) => event.driftedShare, 'Drifted features / features then.'),
    column('threshold', float64, (event) => event.threshold, 'What it was held against.'),
    column('drifted_features', array(text), (event) => event.driftedFeatures, 'The features that drifted.'),
    column(
      'feature_service',
      word,
      (event) => event.featureService ?? '',
      'The feature service to train on.',
    ),
    column(
      'labels_from',
      nullable(instant),
      (event) => event.labelsFrom,
      'First prediction time of the training data.',
    ),
    column(
      'labels_until',
      nullable(instant),
      (event) => event.labelsUntil,
      'First prediction time after it.',
    ),
    column('offsets', offsets, (event) => event.offsets, 'The knowledge to train at.'),
  ],
);
