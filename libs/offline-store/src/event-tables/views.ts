import { identifier, literal } from '../clickhouse/sql.ts';
import { type Deployment, laterCopies, onCluster, onceView } from '../clickhouse/table.ts';
import { deadLetters, deadLettersView } from './dead-letters.ts';
import { definitions, definitionsView } from './definitions.ts';
import { labels } from './labels.ts';
import { releases } from './models.ts';
import { driftWindows, retraining } from './monitoring.ts';
import { predictions } from './predictions.ts';
import { verifications } from './verifications.ts';

/** The tables of events, whichever events they keep. */
export const eventTables = {
  predictions,
  labels,
  releases,
  driftWindows,
  retraining,
  deadLetters,
  definitions,
  verifications,
};

/**
 * The statements that make, or replace, the views of events that analysts read.
 *
 * @param tableOf the table that stands behind a table's name; ClickHouse passes over FINAL on a view in silence.
 */
export function eventViews(
  deployment: Deployment,
  tableOf: (name: string) => string = (name) => name,
): readonly string[] {
  const choiceView = choiceViews(deployment, tableOf);
  return [
    onceView(
      'predictions',
      tableOf(predictions.table.name),
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
      },
    ),
    choiceView(releases, 'releases', POSITION, ['model', 'stream_version'], {
      comment: 'What happened to each model: versions registered, released, rolled back, in their order.',
    }),
    choiceView(
      driftWindows,
      'drift_windows',
      'revision DESC, as_of_key DESC',
      ['monitor', 'subject', 'window_start'],
      {
        comment: 'The newest revision of each drift window.',
      },
    ),
    choiceView(retraining, 'retraining', POSITION, ['request_id', 'stream_version'], {
      comment: 'Retraining requests, each once.',
    }),
    deadLettersView(deployment, tableOf(deadLetters.table.name)),
    definitionsView(deployment, tableOf(definitions.table.name)),
    onceView(
      'verifications',
      tableOf(verifications.table.name),
      verifications.columns.map(identifier),
      'Checks of the stores against the log and against each other, each part of each pass once.',
      deployment,
    ),
  ];
}

const POSITION = 'epoch, offset, partition';

interface ChosenTable {
  readonly table: { readonly name: string };
  readonly columns: readonly string[];
}

interface ChoiceViewOptions {
  readonly comment: string;
  /** A condition on the rows that were chosen. */
  readonly outer?: string;
}

/** Views that show, of the rows with one key, the first in an order; copies of an event count as their first. */
function choiceViews(deployment: Deployment, tableOf: (name: string) => string) {
  return (
    { table, columns }: ChosenTable,
    name: string,
    order: string,
    key: readonly string[],
    { comment, outer }: ChoiceViewOptions,
  ): string => {
    const raw = identifier(tableOf(table.name));
    const shown = columns.map(identifier).join(', ');
    return [
      `CREATE OR REPLACE VIEW ${identifier(name)}${onCluster(deployment)} AS`,
      `SELECT ${shown} FROM (`,
      `SELECT ${shown} FROM ${raw} WHERE as_of_key NOT IN (${laterCopies(raw)})`,
      `ORDER BY ${order} LIMIT 1 BY ${key.map(identifier).join(', ')})`,
      ...(outer === undefined ? [] : [`WHERE ${outer}`]),
      `COMMENT ${literal(comment)}`,
    ].join('\n');
  };
}
