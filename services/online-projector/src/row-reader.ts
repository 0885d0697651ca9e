import {
  type AvroResolver,
  type AvroSchema,
  type AvroType,
  compileAvro,
  type EntityKey,
} from '@millrace/events';
import type { RegisteredView } from '@millrace/feature-registry';
import { describeError, isInstant, MillraceError, type Micros } from '@millrace/kernel';
import { isUuid, type OnlineRow } from '@millrace/online-store';
import { z } from 'zod';

/** Bytes of magic byte and schema id before the Avro bytes. */
export const FRAME = 5;

/** What the store has to know of a row beside its bytes. */
export type RowHead = Pick<OnlineRow, 'key' | 'eventTime' | 'eventId'> & { readonly deleted: boolean };

/** Reads the head of a framed row; throws MillraceError EVENT_MALFORMED, VALUE_INVALID, TIME_INVALID, KEY_INVALID. */
export type RowReader = (value: Buffer) => RowHead;

const field = z.looseObject({ name: z.string(), type: z.json() });
const record = z.looseObject({ type: z.literal('record'), name: z.string(), fields: z.array(field) });
const avroSchema = z.custom<AvroSchema>((schema) => typeof schema === 'object' && schema !== null);

interface DecodedHead {
  readonly envelope: { readonly eventId: string; readonly eventTime: Micros };
  readonly key: EntityKey;
  readonly values: object | null;
}

/**
 * Compiles a reader for rows that were written with a schema. Values are passed over, not decoded, but a row that
 * breaks off or has bytes left over is noticed.
 *
 * @throws MillraceError VALUE_INVALID when the schema is not of rows of this view.
 */
export function compileRowReader(view: RegisteredView, schemaId: number, schema: string): RowReader {
  const decode = compileHead(view, schemaId, schema);
  return (value) => {
    const { envelope, key, values } = decode(value);
    const eventId = envelope.eventId.toLowerCase();
    if (!isUuid(eventId)) throw new MillraceError('VALUE_INVALID', 'envelope.eventId is not a UUID');
    if (!isInstant(envelope.eventTime)) {
      throw new MillraceError(
        'TIME_INVALID',
        `the event time ${envelope.eventTime} µs lies outside the years 1 to 9999`,
      );
    }
    return {
      key: view.keyCodec.encode(key),
      eventTime: envelope.eventTime,
      eventId,
      deleted: values === null,
    };
  };
}

function compileHead(view: RegisteredView, schemaId: number, text: string): (value: Buffer) => DecodedHead {
  const { name } = view.definition;
  try {
    const written: unknown = JSON.parse(text);
    const row = record.parse(written);
    const writer = compileAvro(avroSchema.parse(row));
    const reader = compileAvro(avroSchema.parse(headOf(row)));
    const resolver = reader.createResolver(writer);
    const malformed = (why: string, cause?: unknown) =>
      new MillraceError('EVENT_MALFORMED', `the value is not a row of ${name}: ${why}`, { cause });
    return (value) => {
      const { head, end } = decodeAt(reader, resolver, value, malformed);
      // What avsc gives for a buffer that ends before the value does.
      if (end < 0) throw malformed('it breaks off');
      if (end < value.length) throw malformed(`${value.length - end} bytes are left over`);
      return head;
    };
  } catch (cause) {
    throw new MillraceError(
      'VALUE_INVALID',
      `schema ${schemaId} is not of rows of ${name}: ${describeError(cause)}`,
      {
        cause,
      },
    );
  }
}

function decodeAt(
  reader: AvroType,
  resolver: AvroResolver,
  value: Buffer,
  malformed: (why: string, cause: unknown) => MillraceError,
): { readonly head: DecodedHead; readonly end: number } {
  try {
    const { value: head, offset: end } = reader.decode(value, FRAME, resolver);
    return { head, end };
  } catch (cause) {
    throw malformed(describeError(cause), cause);
  }
}

type Row = z.infer<typeof record>;

/** The writer's schema without what is not needed, so that it is skipped. */
function headOf(row: Row): unknown {
  const fields = ['envelope', 'key', 'values'].map((name) => {
    const found = row.fields.find((candidate) => candidate.name === name);
    if (found === undefined) throw new TypeError(`it has no ${name}`);
    return found;
  });
  const [envelope, key, values] = fields;
  return {
    ...row,
    fields: [
      { name: 'envelope', type: only(record.parse(envelope?.type), ['eventId', 'eventTime']) },
      { name: 'key', type: key?.type },
      { name: 'values', type: ['null', only(valuesRecord(values?.type), [])] },
    ],
  };
}

function valuesRecord(type: unknown): Row {
  const branches: readonly unknown[] = Array.isArray(type) ? type : [type];
  return record.parse(branches.find((branch) => branch !== 'null'));
}

function only(type: Row, names: readonly string[]): Row {
  return { ...type, fields: type.fields.filter(({ name }) => names.includes(name)) };
}
