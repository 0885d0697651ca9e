import type { RegisteredView } from '@millrace/feature-registry';
import { formatInstant, isInstant, MillraceError, type Micros } from '@millrace/kernel';
import { AvroReader } from '../row-binary/avro-reader.ts';
import { type AvroField, type AvroNode, parseAvroSchema } from '../row-binary/avro-schema.ts';
import { type Copy, copyArray, copyScalar } from '../row-binary/avro-to-row.ts';
import type { RowWriter } from '../row-binary/row-writer.ts';
import { skipOf } from '../row-binary/skip-avro.ts';
import { headColumns, isArray, presenceColumn, type StoredFeature, storedFeatures } from './columns.ts';
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
   * @param payload the record's Avro bytes, without the frame.
   * @throws MillraceError EVENT_MALFORMED, VALUE_INVALID, TIME_INVALID, EVENT_TOO_FAR_AHEAD
   */
  write(writer: RowWriter, payload: Buffer, place: RecordPlace): Micros;
}

/** What compiling a schema collects: the row's columns, and a step for each field of the record. */
interface Plan {
  readonly columns: string[];
  readonly found: Set<string>;
  readonly steps: Step[];
}

type Step = (reader: AvroReader, writer: RowWriter, head: number) => void;

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
  const root = parseAvroSchema(schema);
  const plan: Plan = { columns: headColumns.map(({ name }) => name), found: new Set(), steps: [] };
  for (const field of fieldsOf(root, 'the record')) plan.steps.push(topStep(field, view, plan));
  for (const needed of ['eventId', 'eventTime', ...Object.keys(view.entity.keys), 'values']) {
    if (!plan.found.has(needed))
      throw new MillraceError('VALUE_INVALID', `schema ${schemaId} has no ${needed}`, {
        details: { schemaId, field: needed },
      });
  }
  const reader = new AvroReader();
  const { steps, columns } = plan;
  const bound = Number(maxAhead);
  return {
    columns,
    write(writer, payload, place) {
      const start = writer.size;
      try {
        reader.reset(payload);
        const head = writer.reserve(HEAD_SIZE);
        writePlace(writer, head, place, schemaId);
        for (const step of steps) step(reader, writer, head);
        reader.end();
        const eventTime = eventTimeOf(writer, head);
        checkTime(eventTime, place.recordedAt, bound);
        writer.endRow();
        return eventTime;
      } catch (error) {
        writer.truncate(start);
        throw error;
      }
    },
  };
}

function checkTime(eventTime: Micros, recordedAt: Micros, maxAhead: number): void {
  if (!isInstant(eventTime))
    throw new MillraceError(
      'TIME_INVALID',
      `the event time ${eventTime} µs lies outside the years 1 to 9999`,
    );
  if (Number(eventTime - recordedAt) > maxAhead)
    throw new MillraceError(
      'EVENT_TOO_FAR_AHEAD',
      `the event time ${formatInstant(eventTime)} is too far ahead of ${formatInstant(recordedAt)}, when it was recorded`,
    );
}

function topStep({ name, node }: AvroField, view: RegisteredView, plan: Plan): Step {
  switch (name) {
    case 'envelope':
      return inOrder(fieldsOf(node, name).map((field) => envelopeStep(field, plan)));
    case 'key':
      return inOrder(fieldsOf(node, name).map((field) => keyStep(field, view, plan)));
    case 'values':
      return valuesStep(node, view, plan);
    default:
      return skipOf(node);
  }
}

function envelopeStep({ name, node }: AvroField, plan: Plan): Step {
  if (name === 'eventId' && node.kind === 'string') {
    plan.found.add(name);
    return (reader, writer, head) => writeEventId(writer, head, reader);
  }
  if (name === 'eventTime' && (node.kind === 'timestamp' || node.kind === 'long')) {
    plan.found.add(name);
    return (reader, writer, head) => {
      reader.long();
      writeEventTime(writer, head, reader.low, reader.high);
    };
  }
  return skipOf(node);
}

function keyStep({ name, node }: AvroField, view: RegisteredView, plan: Plan): Step {
  const type = view.entity.keys[name];
  if (type === undefined) return skipOf(node);
  plan.columns.push(name);
  plan.found.add(name);
  return copyScalar(node, type, `key.${name}`);
}

function valuesStep(node: AvroNode, view: RegisteredView, plan: Plan): Step {
  const branches = node.kind === 'union' ? node.branches : [node];
  const index = branches.findIndex(({ kind }) => kind === 'record');
  const record = branches[index];
  if (record?.kind !== 'record') return skipOf(node);
  plan.found.add('values');
  const stored = new Map(storedFeatures(view).map((feature) => [feature.name, feature]));
  const nulls: ((writer: RowWriter) => void)[] = [];
  const copies = record.fields.map(({ name, node: field }): Copy => {
    const feature = stored.get(name);
    if (feature === undefined) return skipOf(field);
    plan.columns.push(name);
    if (isArray(feature.type)) plan.columns.push(presenceColumn(name));
    const writeNull = nullOf(feature);
    nulls.push(writeNull);
    return featureCopy(feature, field, writeNull);
  });
  const isUnion = node.kind === 'union';
  return (reader, writer, head) => {
    const branch = isUnion ? reader.count() : index;
    if (branch === index) {
      for (const copy of copies) copy(reader, writer);
      return;
    }
    if (branches[branch]?.kind !== 'null') badBranch();
    writeDeleted(writer, head);
    for (const writeNull of nulls) writeNull(writer);
  };
}

function nullOf({ type }: StoredFeature): (writer: RowWriter) => void {
  // An array is empty and absent, anything else is null: a byte each.
  return isArray(type) ? (writer) => writer.u16(0) : (writer) => writer.u8(1);
}

function featureCopy(feature: StoredFeature, node: AvroNode, writeNull: (writer: RowWriter) => void): Copy {
  const branches = node.kind === 'union' ? node.branches : [node];
  const copies = branches.map((branch): Copy => {
    if (branch.kind === 'null') return (_reader, writer) => writeNull(writer);
    const { type, name } = feature;
    if (isArray(type)) {
      const copy = copyArray(branch, type, name);
      return (reader, writer) => {
        copy(reader, writer);
        writer.u8(1);
      };
    }
    const copy = copyScalar(branch, type, name);
    return (reader, writer) => {
      writer.u8(0);
      copy(reader, writer);
    };
  });
  if (node.kind !== 'union') return copies[0] ?? badBranch;
  return (reader, writer) => (copies[reader.count()] ?? badBranch)(reader, writer);
}

function badBranch(): never {
  throw new MillraceError('EVENT_MALFORMED', 'a union has no branch of this index');
}

function inOrder(steps: readonly Step[]): Step {
  return (reader, writer, head) => {
    for (const step of steps) step(reader, writer, head);
  };
}

function fieldsOf(node: AvroNode, name: string): readonly AvroField[] {
  if (node.kind === 'record') return node.fields;
  throw new MillraceError('VALUE_INVALID', `${name} is not a record in the schema`);
}
