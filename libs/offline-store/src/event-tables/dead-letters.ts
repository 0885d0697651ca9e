import {
  type DeadLetterDiscarded,
  type DeadLettered,
  type DeadLetterReplayed,
  topics,
} from '@millrace/events';
import { type Deployment, onCluster } from '../clickhouse/table.ts';
import { addColumns } from './add-columns.ts';
import { bool, bytes, type Codec, instant, int64, nullable, text, uint16, uuid, word } from './codec.ts';
import { column, type EventColumn, eventTable } from './event-table.ts';
import { identifier, literal } from '../clickhouse/sql.ts';

/** An event in the life of a dead letter, with its name. */
export type DeadLetterEvent =
  | ({ readonly type: 'DeadLettered' } & DeadLettered)
  | ({ readonly type: 'DeadLetterReplayed' } & DeadLetterReplayed)
  | ({ readonly type: 'DeadLetterDiscarded' } & DeadLetterDiscarded);

const letter =
  <T>(pick: (event: DeadLettered) => T, none: T) =>
  (event: DeadLetterEvent) =>
    event.type === 'DeadLettered' ? pick(event) : none;

const replay =
  <T>(pick: (event: DeadLetterReplayed) => T, none: T) =>
  (event: DeadLetterEvent) =>
    event.type === 'DeadLetterReplayed' ? pick(event) : none;

/** A column of the events of dead letters; rows from before there were several kinds read as the default. */
function added<T>(
  name: string,
  codec: Codec<T>,
  pick: (event: DeadLetterEvent) => T,
  comment: string,
  initial?: string,
): EventColumn<DeadLetterEvent> {
  const plain = column(name, codec, pick, comment);
  return initial === undefined ? plain : { ...plain, default: initial };
}

const addedColumns: readonly EventColumn<DeadLetterEvent>[] = [
  added(
    'type',
    word,
    ({ type }) => type,
    'DeadLettered, DeadLetterReplayed or DeadLetterDiscarded.',
    "'DeadLettered'",
  ),
  added(
    'dead_letter_id',
    uuid,
    (event) => (event.type === 'DeadLettered' ? event.envelope.eventId : event.deadLetterId),
    'The dead letter: the event id of its DeadLettered.',
    'event_id',
  ),
  added(
    'stream_version',
    int64,
    (event) => (event.type === 'DeadLettered' ? 1n : event.streamVersion),
    'Of several events of a dead letter with one version, only the first in the log counts.',
    '1',
  ),
  added(
    'replay_of',
    nullable(uuid),
    letter((event) => event.replayOf, null),
    'The dead letter whose replay the record is.',
  ),
  added(
    'cut',
    bool,
    letter((event) => event.cut, false),
    'Whether key or value is only the beginning; the log has the record itself.',
  ),
  added(
    'replayed_topic',
    word,
    replay((event) => event.replayedTopic, ''),
    'Where a replay put the record, or empty.',
  ),
  added(
    'replayed_partition',
    nullable(uint16),
    replay<number | null>((event) => event.replayedPartition, null),
    'Its partition.',
  ),
  added(
    'replayed_offset',
    nullable(int64),
    replay<bigint | null>((event) => event.replayedOffset, null),
    'Its offset.',
  ),
  added(
    'resolved_by',
    word,
    (event) => (event.type === 'DeadLettered' ? '' : event.by),
    'Who replayed or discarded it, or empty.',
  ),
  added(
    'resolution_reason',
    text,
    (event) => (event.type === 'DeadLettered' ? '' : (event.reason ?? '')),
    'Why it was replayed or discarded.',
  ),
];

/** Every event of dead letters as the log has it. */
export const deadLetters = eventTable<DeadLetterEvent>(
  topics.deadLetters,
  {
    name: 'dead_letters_raw',
    comment:
      'Events of dead letters as the log has them; dead_letters shows each record once, with its state.',
    orderBy: ['source_topic', 'source_partition', 'source_offset', 'as_of_key'],
  },
  [
    column('source_topic', word, (event) => event.topic, 'Topic of the record that could not be processed.'),
    column('source_partition', uint16, (event) => event.partition, 'Its partition.'),
    column('source_offset', int64, (event) => event.offset, 'Its offset.'),
    column(
      'source_recorded_at',
      instant,
      letter((event) => event.recordedAt, 0n),
      'When the log took it; 1970 where it was replayed or discarded.',
    ),
    column(
      'service',
      word,
      letter((event) => event.service, ''),
      'Who could not process it.',
    ),
    column(
      'code',
      word,
      letter((event) => event.code, ''),
      'The error code.',
    ),
    column(
      'reason',
      text,
      letter((event) => event.reason, ''),
      'What is wrong.',
    ),
    column(
      'key',
      nullable(bytes),
      letter((event) => event.key, null),
      'The key of the record.',
    ),
    column(
      'value',
      nullable(bytes),
      letter((event) => event.value, null),
      'Its value.',
    ),
    ...addedColumns,
  ],
);

/** The statement that brings a table that only knows `DeadLettered` up to date. */
export function addDeadLetterColumns(deployment: Deployment): string {
  return addColumns(deadLetters.table.name, addedColumns, deployment);
}

const ofChange = [
  'replayed_topic',
  'replayed_partition',
  'replayed_offset',
  'resolved_by',
  'resolution_reason',
];
const POSITION = 'epoch, offset, partition';

/** The view that shows each dead letter once, as it stands. @param table where its events are. */
export function deadLettersView(deployment: Deployment, table: string): string {
  const raw = identifier(table);
  const changed = new Set([...ofChange, 'type', 'dead_letter_id', 'stream_version']);
  const own = deadLetters.columns.filter((name) => !changed.has(name)).map(identifier);
  const change = ['dead_letter_id', 'stream_version', 'type', 'event_time', ...ofChange].map(identifier);
  return [
    `CREATE OR REPLACE VIEW dead_letters${onCluster(deployment)} AS`,
    `SELECT ${own.map((name) => `letter.${name} AS ${name}`).join(', ')},`,
    "multiIf(change.type = 'DeadLetterReplayed', 'replayed', change.type = 'DeadLetterDiscarded', 'discarded', 'open') AS state,",
    'greatest(change.stream_version, 1) AS stream_version,',
    "if(change.type = '', NULL, change.event_time) AS resolved_at,",
    ofChange.map((name) => `change.${name} AS ${name}`).join(', '),
    'FROM (',
    `SELECT ${own.join(', ')} FROM ${raw} WHERE type = 'DeadLettered'`,
    `ORDER BY ${POSITION} LIMIT 1 BY source_topic, source_partition, source_offset) AS letter`,
    'LEFT JOIN (',
    `SELECT ${change.join(', ')} FROM (`,
    `SELECT ${change.join(', ')} FROM ${raw} WHERE type != 'DeadLettered'`,
    `ORDER BY ${POSITION} LIMIT 1 BY dead_letter_id, stream_version)`,
    'ORDER BY stream_version DESC LIMIT 1 BY dead_letter_id) AS change',
    'ON change.dead_letter_id = letter.event_id',
    'SETTINGS join_use_nulls = 0',
    `COMMENT ${literal('Records that could not be processed, each once: open, replayed or discarded, when, by whom and why.')}`,
  ].join('\n');
}
