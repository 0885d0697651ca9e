import { identifier, literal } from '../clickhouse/sql.ts';
import { type Deployment, laterCopies, onCluster, onceView } from '../clickhouse/table.ts';
import type { Column } from '../feature-table/columns.ts';
import { deadLetters } from './dead-letters.ts';
import type { EventTable } from './event-table.ts';
import { labels } from './labels.ts';
import { releases } from './models.ts';
import { driftWindows, retraining } from './monitoring.ts';
import { predictions } from './predictions.ts';

/** The tables of events, whichever events they keep. */
export const eventTables = { predictions, labels, releases, driftWindows, retraining, deadLetters };

/** The statements that make, or replace, the views of events that analysts read. */
export function eventViews(deployment: Deployment): readonly string[] {
  return [
    onceView(
      'predictions',
      'predictions_raw',
      predictions.columns.map(identifier),
      'Every prediction once, with what the model was given and what it answered.',
      deployment,
    ),
    // The key of a label is the prediction, or the entity and the time.
    choiceView(
      labels,
      'labels',
      'as_of_key DESC',
      ['prediction_id', 'entity_key', 'label_time', 'model', 'name'],
      {
        comment: 'The newest label of each prediction and name; labels that were taken back are left out.',
        outer: 'value IS NOT NULL',
        deployment,
      },
    ),
    choiceView(releases, 'releases', POSITION, ['model', 'stream_version'], {
      comment: 'What happened to each model: versions registered, released, rolled back, in their order.',
      deployment,
    }),
    choiceView(
      driftWindows,
      'drift_windows',
      'revision DESC, as_of_key DESC',
      ['monitor', 'subject', 'window_start'],
      {
        comment: 'The newest revision of each drift window.',
        deployment,
      },
    ),
    choiceView(retraining, 'retraining', POSITION, ['request_id', 'stream_version'], {
      comment: 'Retraining requests, each once.',
      deployment,
    }),
    choiceView(deadLetters, 'dead_letters', POSITION, ['source_topic', 'source_partition', 'source_offset'], {
      comment: 'Records that could not be processed, each once.',
      deployment,
    }),
  ];
}

const POSITION = 'epoch, offset, partition';

interface ChoiceViewOptions {
  readonly comment: string;
  /** A condition on the rows that were chosen. */
  readonly outer?: string;
  readonly deployment: Deployment;
}

/** A view that shows, of the rows with one key, the first in an order; copies of an event count as their first. */
function choiceView(
  {
    table,
    columns,
  }: Pick<EventTable<never>, 'columns'> & {
    readonly table: { readonly name: string; readonly columns: readonly Column[] };
  },
  name: string,
  order: string,
  key: readonly string[],
  { comment, outer, deployment }: ChoiceViewOptions,
): string {
  const raw = identifier(table.name);
  const shown = columns.map(identifier).join(', ');
  return [
    `CREATE OR REPLACE VIEW ${identifier(name)}${onCluster(deployment)} AS`,
    `SELECT ${shown} FROM (`,
    `SELECT ${shown} FROM ${raw} WHERE as_of_key NOT IN (${laterCopies(raw)})`,
    `ORDER BY ${order} LIMIT 1 BY ${key.map(identifier).join(', ')})`,
    ...(outer === undefined ? [] : [`WHERE ${outer}`]),
    `COMMENT ${literal(comment)}`,
  ].join('\n');
}
