import { type EventId, isUuid, type KeyCodec } from '@millrace/events';
import { AvroReader } from '@millrace/events/avro-bytes';
import { type Micros, MillraceError } from '@millrace/kernel';
import type { RegisteredView } from '../catalog.ts';
import { compileRowWalk, type FeatureSteps } from './row-walk.ts';
import { arrayForm, checkScalar } from './value-form.ts';

/** What has to be known of a record of a view to keep it as it is. */
export interface RowHead {
  /** The record key: `KeyCodec`'s encoding, mostly a view into the record's own bytes. */
  readonly key: Buffer;
  readonly eventTime: Micros;
  readonly eventId: EventId;
  readonly deleted: boolean;
}

/**
 * Reads the head of a record from its Avro bytes, which begin at `at`.
 *
 * @throws MillraceError EVENT_MALFORMED, VALUE_INVALID
 */
export type RowHeadReader = (bytes: Buffer, at: number) => RowHead;

interface HeadParts {
  eventId: EventId | undefined;
  eventTime: Micros;
  deleted: boolean;
  /** Where each column of the key begins and ends, in the entity's order. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** Whether every number in the key is written as shortly as it can be, as a canonical key wants it. */
  shortest: boolean;
}

/**
 * Compiles a reader of heads for records that were written with a schema. Values are checked and passed over:
 * nothing is made of them.
 *
 * @throws MillraceError VALUE_INVALID when the schema does not fit the view.
 */
export function compileRowHead(view: RegisteredView, schemaId: number, schema: string): RowHeadReader {
  const columns = Object.keys(view.entity.keys);
  const parts: HeadParts = {
    eventId: undefined,
    eventTime: 0n,
    deleted: false,
    starts: new Uint32Array(columns.length),
    ends: new Uint32Array(columns.length),
    shortest: true,
  };
  const walk = compileRowWalk<HeadParts>(view, schemaId, schema, {
    eventId: readEventId,
    eventTime(from, into) {
      from.long();
      into.eventTime = from.bigint;
    },
    keyColumn(name, type, node) {
      const index = columns.indexOf(name);
      const check = checkScalar(node, type, `key.${name}`);
      const hasNumber = type !== 'bool';
      return (from, into) => {
        into.starts[index] = from.at;
        check(from);
        into.ends[index] = from.at;
        if (hasNumber && !isShortest(from.bytes, into.starts[index] ?? 0)) into.shortest = false;
      };
    },
    feature: ({ name, type }): FeatureSteps<HeadParts> => ({
      putNull: () => undefined,
      value: (node) => {
        if (typeof type === 'string') return checkScalar(node, type, name);
        const form = arrayForm(node, type, name);
        return (from) => void form.check(from);
      },
    }),
    deleted(into) {
      into.deleted = true;
    },
  });
  const reader = new AvroReader();
  return (bytes, at) => {
    reader.reset(bytes, at);
    parts.deleted = false;
    parts.shortest = true;
    walk(reader, parts);
    const { eventId, eventTime, deleted } = parts;
    if (eventId === undefined) throw notUuid();
    return { key: keyOf(bytes, parts, view.keyCodec), eventTime, eventId, deleted };
  };
}

function readEventId(reader: AvroReader, parts: HeadParts): void {
  const from = reader.text();
  const text = reader.bytes.toString('latin1', from, reader.at).toLowerCase();
  if (!isUuid(text)) throw notUuid();
  parts.eventId = text;
}

function notUuid(): MillraceError {
  return new MillraceError('VALUE_INVALID', 'envelope.eventId is not a UUID', {
    details: { field: 'envelope.eventId' },
  });
}

/** Whether the Avro number at a place has no needless last byte: 0x80 0x00 is a zero too. */
function isShortest(bytes: Buffer, start: number): boolean {
  let at = start;
  while ((bytes[at] ?? 0) > 0x7f) at += 1;
  return at === start || bytes[at] !== 0;
}

/** A record's key has the bytes of a record key already, unless its producer wrote it in an unusual way. */
function keyOf(bytes: Buffer, { starts, ends, shortest }: HeadParts, codec: KeyCodec): Buffer {
  let contiguous = true;
  for (let index = 1; index < starts.length; index++) {
    if (starts[index] !== ends[index - 1]) contiguous = false;
  }
  const key = contiguous
    ? bytes.subarray(starts[0], ends[ends.length - 1])
    : Buffer.concat(Array.from(starts, (start, index) => bytes.subarray(start, ends[index])));
  return shortest ? key : codec.encode(codec.decode(key));
}
