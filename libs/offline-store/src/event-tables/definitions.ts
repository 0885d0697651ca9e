import { type DefinitionRegistered, topics } from '@millrace/events';
import { identifier, literal } from '../clickhouse/sql.ts';
import { type Deployment, laterCopies, onCluster } from '../clickhouse/table.ts';
import { int32, int64, nullable, text, word } from './codec.ts';
import { column, eventTable } from './event-table.ts';

/** Every change of a definition as the log has it. */
export const definitions = eventTable<DefinitionRegistered>(
  topics.definitions,
  {
    name: 'definitions_raw',
    comment: 'Changes of definitions as the log has them; definitions shows those that count.',
    orderBy: ['kind', 'name', 'as_of_key'],
  },
  [
    column('kind', word, (event) => event.kind, 'entity, feature-view or feature-service.'),
    column('name', word, (event) => event.name, 'Its name, unique in its kind.'),
    column('hash', text, (event) => event.hash, 'SHA-256 of the canonical definition, in hex.'),
    column('definition', text, (event) => event.definition, 'The definition as canonical JSON.'),
    column('rows_topic', word, (event) => event.topic ?? '', 'For a feature view: the topic of its rows.'),
    column('rows_epoch', int32, (event) => event.epoch, 'How often that topic was made anew.'),
    column(
      'rows_subject',
      word,
      (event) => event.subject ?? '',
      'For a feature view: the subject in the schema registry.',
    ),
    column(
      'rows_schema_id',
      nullable(int32),
      (event) => event.schemaId,
      'For a feature view: the id of the schema of its rows.',
    ),
    column('rows_schema', text, (event) => event.schema ?? '', 'The text of that schema.'),
    column(
      'revision',
      nullable(int64),
      (event) => event.revision,
      'The revision of all definitions that the change makes; of several changes with one only the first counts.',
    ),
    column(
      'change_id',
      text,
      (event) => event.changeId ?? '',
      'The change that this is part of, the same in all of it.',
    ),
  ],
);

/** The view that shows the changes that count, each once. @param table where they are. */
export function definitionsView(deployment: Deployment, table: string): string {
  const raw = identifier(table);
  return [
    `CREATE OR REPLACE VIEW definitions${onCluster(deployment)} AS`,
    `SELECT ${definitions.columns.map(identifier).join(', ')} FROM ${raw} FINAL`,
    `WHERE as_of_key NOT IN (${laterCopies(raw)})`,
    'AND (isNull(revision) OR (assumeNotNull(revision), change_id) IN (',
    `SELECT assumeNotNull(revision), argMin(change_id, (epoch, offset)) FROM ${raw}`,
    'WHERE isNotNull(revision) GROUP BY revision))',
    `COMMENT ${literal('The history of entities, feature views and feature services: every change that counts; the newest of each name is what holds.')}`,
  ].join('\n');
}
