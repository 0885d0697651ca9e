import { asOfKey, type Envelope, packPosition, type TopicSpec } from '@millrace/events';
import type { TableDefinition } from '../clickhouse/table.ts';
import type { Column } from '../feature-table/columns.ts';
import type { RecordPlace } from '../feature-table/row-head.ts';
import type { RowWriter } from '../row-binary/row-writer.ts';
import {
  type Codec,
  instant,
  instantMillis,
  int32,
  uint128,
  uint16,
  uint64,
  uint8,
  uuid,
  word,
} from './codec.ts';

/** What a table of events gets its rows from. */
export interface EventRow<E> {
  readonly event: E;
  readonly topic: string;
  readonly place: RecordPlace;
  readonly schemaId: number;
}

/** A column and where its value comes from. */
export interface EventColumn<E> extends Column {
  /** What rows have that were written before the table had the column, as SQL. */
  readonly default?: string;
  write(writer: RowWriter, row: EventRow<E>): void;
}

/** A table that keeps the events of a topic. */
export interface EventTable<E> {
  /** The topic whose events it keeps. */
  readonly topic: string;
  readonly table: TableDefinition;
  /** The columns of its rows, in their order. */
  readonly columns: readonly string[];
  /** Appends one row. */
  write(writer: RowWriter, row: EventRow<E>): void;
}

/** A column whose value is picked from the event. */
export function column<E, T>(
  name: string,
  codec: Codec<T>,
  pick: (event: E) => T,
  comment: string,
): EventColumn<E> {
  return { name, type: codec.type, comment, write: (writer, { event }) => codec.write(writer, pick(event)) };
}

/** Makes a table of the events of a topic: their own columns, and behind them those that every event has. */
export function eventTable<E extends { readonly envelope: Envelope }>(
  { name: topic }: TopicSpec,
  definition: Omit<TableDefinition, 'columns'>,
  own: readonly EventColumn<E>[],
): EventTable<E> {
  const columns = [...own, ...envelopeColumns<E>()];
  return {
    topic,
    table: { ...definition, columns, partitionBy: 'toYYYYMM(recorded_at)' },
    columns: columns.map(({ name }) => name),
    write(writer, row) {
      const start = writer.size;
      try {
        for (const each of columns) each.write(writer, row);
        writer.endRow();
      } catch (error) {
        writer.truncate(start);
        throw error;
      }
    },
  };
}

function envelopeColumns<E extends { readonly envelope: Envelope }>(): EventColumn<E>[] {
  const of = <T>(
    name: string,
    codec: Codec<T>,
    pick: (row: EventRow<E>) => T,
    comment: string,
  ): EventColumn<E> => ({
    name,
    type: codec.type,
    comment,
    write: (writer, row) => codec.write(writer, pick(row)),
  });
  return [
    of(
      'event_id',
      uuid,
      ({ event }) => event.envelope.eventId,
      'Of several records with one id only the first counts.',
    ),
    of('event_time', instant, ({ event }) => event.envelope.eventTime, 'When it was true in the world.'),
    of('recorded_at', instantMillis, ({ place }) => place.recordedAt, 'When the log took the record.'),
    of('producer', word, ({ event }) => event.envelope.producer.service, 'The app or service that sent it.'),
    of('topic', word, ({ topic }) => topic, 'Topic of the record.'),
    of('epoch', uint8, ({ place }) => place.epoch, 'How often the topic was made anew.'),
    of('partition', uint16, ({ place }) => place.partition, 'Partition of the record.'),
    of('offset', uint64, ({ place }) => place.offset, 'Offset of the record.'),
    of(
      'schema_id',
      int32,
      ({ schemaId }) => schemaId,
      'Schema in the registry that the record was written with.',
    ),
    of(
      'as_of_key',
      uint128,
      ({ event, place }) => asOfKey(event.envelope.eventTime, packPosition(place)),
      'Orders events: event time in biased microseconds << 64 | position in the log.',
    ),
  ];
}
