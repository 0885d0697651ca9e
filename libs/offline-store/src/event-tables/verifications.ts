import { type StoreDifference, type StoresVerified, topics } from '@millrace/events';
import { array, bool, field, instant, int32, int64, nullable, text, tuple, word } from './codec.ts';
import { column, eventTable } from './event-table.ts';
import { offsets } from './offsets.ts';

const differences = array(
  tuple<StoreDifference>([
    field('kind', word, ({ kind }) => kind),
    field('topic', nullable(text), ({ topic }) => topic),
    field('partition', nullable(int32), ({ partition }) => partition),
    field('offset', nullable(int64), ({ offset }) => offset),
    field('event_id', nullable(text), ({ eventId }) => eventId),
    field('entity_key', nullable(text), ({ entityKey }) => entityKey),
    field('feature', nullable(text), ({ feature }) => feature),
    field('reason', text, ({ reason }) => reason),
  ]),
);

/** Every verification of the stores as the log has it. */
export const verifications = eventTable<StoresVerified>(
  topics.verifications,
  {
    name: 'verifications_raw',
    comment: 'Verifications of the stores as the log has them; verifications shows each once.',
    orderBy: ['kind', 'subject', 'as_of_key'],
  },
  [
    column('run_id', text, (event) => event.runId, 'The pass that this is a part of.'),
    column('kind', word, (event) => event.kind, 'conservation or parity.'),
    column('subject', word, (event) => event.subject, 'The topic or feature view that was checked.'),
    column('part', int32, (event) => event.part, 'Which part of the pass, from 1.'),
    column('parts', int32, (event) => event.parts, 'How many parts the pass has.'),
    column('started_at', instant, (event) => event.startedAt, 'When the check began.'),
    column('finished_at', instant, (event) => event.finishedAt, 'When it was done.'),
    column('offsets', offsets, (event) => event.offsets, 'The last offsets that were checked.'),
    column('checked', int64, (event) => event.checked, 'Offsets or rows that were compared.'),
    column('lost', int64, (event) => event.lost, 'Records of the log that a store lacks.'),
    column('doubled', int64, (event) => event.doubled, 'Events and rows that are there too often.'),
    column('differing', int64, (event) => event.differing, 'Values in which the stores differ.'),
    column('ok', bool, (event) => event.ok, 'Whether nothing was found.'),
    column('differences', differences, (event) => event.differences, 'The first of what was found.'),
  ],
);
