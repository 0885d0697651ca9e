import { compileAvro, frame, unframe } from '@millrace/events';
import type { Random } from '../random.ts';
import { type EventKind, goodRecord } from './event-kind.ts';
import type { EncodeWrongly } from './wrong-types.ts';
import { badEventTimes, withEnvelope } from './envelope-bytes.ts';

const FRAME = 5;
/** Behind the event id's length of one byte and its text. */
const EVENT_ID_END = FRAME + 1 + 36;
const text = compileAvro({ type: 'string' });
/** Bytes. */
const LARGEST = 950_000;
const LARGEST_ID = 2 ** 31 - 1;
const HUGE_NUMBER = Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x7f]);
const TOO_LONG_NUMBER = Buffer.alloc(11, 0xff);
const NEGATIVE_NUMBER = Buffer.from([0x03]);

/** What stands around a malformed record. */
export interface Surroundings {
  readonly kinds: readonly [EventKind, ...EventKind[]];
  /** Ids that no schema has; few, as one broken producer would name them. Garbage names others as well. */
  readonly unknownSchemaIds: readonly [number, ...number[]];
  /** By kind of event. */
  readonly wrongTypes: ReadonlyMap<string, EncodeWrongly>;
  /** The id of a schema that is no Avro. */
  readonly otherSchemaId: number;
}

/** What is made of a record that broke no rule. @returns undefined where the event is not fit for it */
export type Malform = (
  good: Buffer,
  kind: EventKind,
  random: Random,
  around: Surroundings,
) => Buffer | null | undefined;

/** Every one of these must become a dead letter. */
export const malformations: Readonly<Record<string, Malform>> = {
  'no value': () => null,
  'empty value': () => Buffer.alloc(0),
  'frame that breaks off': (good, _kind, random) => good.subarray(0, random.int(1, FRAME - 1)),
  'JSON instead of Avro': () => Buffer.from('{"eventTime":"2001-01-31T13:45:00Z","value":1}'),
  'no magic byte': (good, _kind, random) => replaced(good, 0, Buffer.of(random.int(1, 255))),
  'unknown schema': (good, _kind, random, { unknownSchemaIds }) =>
    withId(good, random.chance(0.5) ? random.pick(unknownSchemaIds) : random.int(LARGEST_ID / 2, LARGEST_ID)),
  'schema id below 1': (good, _kind, random) => withId(good, random.pick([0, -1, -(2 ** 31)])),
  'schema that is no Avro': (good, _kind, _random, { otherSchemaId }) => withId(good, otherSchemaId),
  'event of another topic': (_good, kind, random, { kinds }) => {
    const other = random.pick(kinds);
    return other.topic === kind.topic ? undefined : goodRecord(other, random, random.int(1, 1_000)).value;
  },
  'schema of another topic': (good, kind, random, { kinds }) => {
    const other = random.pick(kinds);
    return other.topic === kind.topic ? undefined : withId(good, other.schemaId);
  },
  'wrong types': (good, kind, _random, around) =>
    around.wrongTypes.get(kind.name)?.(kind.type.fromBuffer(good.subarray(FRAME))),
  truncated: (good, _kind, random) => good.subarray(0, random.int(FRAME, good.length - 1)),
  'bytes behind the record': (good, _kind, random) => Buffer.concat([good, random.bytes(random.int(1, 40))]),
  'length beyond the end': (good) => withLength(good, HUGE_NUMBER),
  'length of eleven bytes': (good) => withLength(good, TOO_LONG_NUMBER),
  'negative length': (good) => withLength(good, NEGATIVE_NUMBER),
  'text that is not UTF-8': (good) => replaced(good, FRAME + 1, Buffer.of(0xff)),
  'event id that is no UUID': (good) => replaced(good, FRAME + 1, Buffer.from('zzzz')),
  'event time out of bounds': (good, _kind, random) =>
    withEnvelope(good, { eventTime: random.pick(badEventTimes) }),
  'random bytes': (good, _kind, random) =>
    Buffer.concat([good.subarray(0, FRAME), random.bytes(random.int(0, 300))]),
  'large and not framed': (_good, _kind, random) => large(random, 0x7b),
  'large and framed': (good, _kind, random) => Buffer.concat([good.subarray(0, FRAME), large(random, 0x48)]),
  'large text for an event id': (good, _kind, random) =>
    Buffer.concat([
      good.subarray(0, FRAME),
      text.toBuffer('x'.repeat(largeSize(random))),
      good.subarray(EVENT_ID_END),
    ]),
};

/** What may become a row or a dead letter; both stores have to say the same. */
export const mutations: Readonly<Record<string, Malform>> = {
  'bits turned over': (good, _kind, random) => {
    const copy = Buffer.from(good);
    for (let times = random.int(1, 4); times > 0; times -= 1) {
      const at = random.int(FRAME, copy.length - 1);
      copy[at] = (copy[at] ?? 0) ^ (1 << random.int(0, 7));
    }
    return copy;
  },
  'numbers that are too large, anywhere': (good, _kind, random) => {
    const at = random.int(FRAME, good.length);
    return Buffer.concat([good.subarray(0, at), HUGE_NUMBER, good.subarray(at)]);
  },
  'a piece twice': (good, _kind, random) => {
    const from = random.int(FRAME, good.length - 1);
    const until = random.int(from, good.length);
    return Buffer.concat([good.subarray(0, until), good.subarray(from)]);
  },
};

function replaced(bytes: Buffer, at: number, by: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + by.length)]);
}

function withId(good: Buffer, schemaId: number): Buffer {
  return frame(schemaId, unframe(good)?.payload ?? good);
}

/** The record begins with the event id: one byte of length, then its text. */
function withLength(good: Buffer, length: Buffer): Buffer {
  return Buffer.concat([good.subarray(0, FRAME), length, good.subarray(FRAME + 1)]);
}

function large(random: Random, byte: number): Buffer {
  return Buffer.alloc(largeSize(random), byte);
}

function largeSize(random: Random): number {
  return random.int(LARGEST / 2, LARGEST);
}
