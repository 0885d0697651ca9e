import { AvroReader } from '@millrace/events/avro-bytes';
import type { RegisteredView } from '@millrace/feature-registry';
import {
  checkEventTime,
  compileRowWalk,
  type FeatureSteps,
  type RowFeature,
} from '@millrace/feature-registry/row';
import type { Micros } from '@millrace/kernel';
import { copyArray, copyScalar } from '../row-binary/avro-to-row.ts';
import { RowWriter } from '../row-binary/row-writer.ts';
import { headColumns, isArray, presenceColumn } from './columns.ts';
import {
  eventTimeOf,
  HEAD_SIZE,
  type RecordPlace,
  writeDeleted,
  writeEventId,
  writeEventTime,
  writePlace,
} from './row-head.ts';

/** Writes records of one schema of a view as rows of its table, from Avro bytes to RowBinary bytes. */
export interface RowTranscoder {
  /** The columns of the rows, in their order. */
  readonly columns: readonly string[];
  /**
   * Appends one row and returns its event time in microseconds; when it throws, nothing is left behind.
   *
   * @param bytes the record's Avro bytes, from `at` on.
   * @throws MillraceError EVENT_MALFORMED, VALUE_INVALID, TIME_INVALID, EVENT_TOO_FAR_AHEAD
   */
  write(writer: RowWriter, bytes: Buffer, place: RecordPlace, at?: number): Micros;
}

/** Where a record goes: a writer, and the place in it where the head of its row begins. */
interface Target {
  writer: RowWriter;
  head: number;
}

/**
 * Compiles a transcoder for a schema that rows of a view were written with. Fields that the view does not know
 * are passed over; the writer's order of fields is the order of the columns.
 *
 * @param maxAhead how far an event time may lie ahead of the recording, in microseconds.
 * @throws MillraceError VALUE_INVALID when the schema does not fit the view.
 */
export function compileTranscoder(
  view: RegisteredView,
  schemaId: number,
  schema: string,
  maxAhead: Micros,
): RowTranscoder {
  const columns = headColumns.map(({ name }) => name);
  const walk = compileRowWalk<Target>(view, schemaId, schema, {
    eventId: (from, { writer, head }) => writeEventId(writer, head, from),
    eventTime(from, { writer, head }) {
      from.long();
      writeEventTime(writer, head, from.low, from.high);
    },
    keyColumn(name, type, node) {
      columns.push(name);
      const copy = copyScalar(node, type, `key.${name}`);
      return (from, { writer }) => copy(from, writer);
    },
    feature(feature) {
      columns.push(feature.name);
      if (isArray(feature.type)) columns.push(presenceColumn(feature.name));
      return featureSteps(feature);
    },
    deleted: ({ writer, head }) => writeDeleted(writer, head),
  });
  const reader = new AvroReader();
  const target: Target = { writer: new RowWriter(0), head: 0 };
  return {
    columns,
    write(writer, bytes, place, at = 0) {
      const start = writer.size;
      try {
        reader.reset(bytes, at);
        const head = writer.reserve(HEAD_SIZE);
        writePlace(writer, head, place, schemaId);
        target.writer = writer;
        target.head = head;
        walk(reader, target);
        const eventTime = eventTimeOf(writer, head);
        checkEventTime(eventTime, place.recordedAt, maxAhead);
        writer.endRow();
        return eventTime;
      } catch (error) {
        writer.truncate(start);
        throw error;
      }
    },
  };
}

/** An array is empty and absent when it is null, anything else has its own mark of null. */
function featureSteps({ name, type }: RowFeature): FeatureSteps<Target> {
  if (isArray(type))
    return {
      putNull: ({ writer }) => writer.u16(0),
      value(node) {
        const copy = copyArray(node, type, name);
        return (reader, { writer }) => {
          copy(reader, writer);
          writer.u8(1);
        };
      },
    };
  return {
    putNull: ({ writer }) => writer.u8(1),
    value(node) {
      const copy = copyScalar(node, type, name);
      return (reader, { writer }) => {
        writer.u8(0);
        copy(reader, writer);
      };
    },
  };
}
