import type { DeadLettered } from '@millrace/events';
import { bytes, instant, int64, nullable, text, uint16, word } from './codec.ts';
import { column, eventTable } from './event-table.ts';

/** Every dead letter as the log has it. */
export const deadLetters = eventTable<DeadLettered>(
  {
    name: 'dead_letters_raw',
    comment: 'Dead letters as the log has them; dead_letters shows each record once.',
    orderBy: ['source_topic', 'source_partition', 'source_offset', 'as_of_key'],
  },
  [
    column('source_topic', word, (event) => event.topic, 'Topic of the record that could not be processed.'),
    column('source_partition', uint16, (event) => event.partition, 'Its partition.'),
    column('source_offset', int64, (event) => event.offset, 'Its offset.'),
    column('source_recorded_at', instant, (event) => event.recordedAt, 'When the log took it.'),
    column('service', word, (event) => event.service, 'Who could not process it.'),
    column('code', word, (event) => event.code, 'The error code.'),
    column('reason', text, (event) => event.reason, 'What is wrong.'),
    column('key', nullable(bytes), (event) => event.key, 'The key of the record.'),
    column('value', nullable(bytes), (event) => event.value, 'Its value.'),
  ],
);
