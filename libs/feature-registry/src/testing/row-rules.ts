import { compileAvro, frame } from '@millrace/events';
import type { ErrorCode } from '@millrace/kernel';
import { describe, expect, it } from 'vitest';
import { featureRowSchema } from '../avro.ts';
import type { RegisteredView } from '../catalog.ts';
import type { FeatureType } from '../feature-type.ts';
import { registeredView } from './row-examples.ts';

/** What a projector makes of a record of a view, recorded at 0: undefined for a row, else the dead letter's code. */
export type DecodeRecord = (
  view: RegisteredView,
  value: Buffer | null,
  schemas: ReadonlyMap<number, string>,
) => Promise<ErrorCode | undefined>;

const MINUTE = 60_000_000n;
const EVENT_ID = '01890a5d-ac96-774b-bcce-b302099a8057';
const keys = { id: 'string', n: 'int' } as const;
const features = {
  flag: 'bool',
  count: 'int',
  text: 'string',
  vector: { embedding: 'float', dimension: 2 },
  longs: { array: 'long' },
} as const satisfies Record<string, FeatureType>;
const view = registeredView(keys, features);
const type = compileAvro(JSON.parse(view.schema));
const empty = { flag: null, count: null, text: null, vector: null, longs: null };
const NULL = Buffer.of(0);
const VALUE = 2;

interface Parts {
  readonly eventId?: string;
  readonly eventTime?: bigint;
  readonly id?: string;
  readonly n?: number;
  readonly values?: object | null;
}

function payload({
  eventId = EVENT_ID,
  eventTime = 0n,
  id = 'e',
  n = 7,
  values = empty,
}: Parts = {}): Buffer {
  return type.toBuffer({
    envelope: {
      eventId,
      eventTime,
      producer: { service: 's', version: null, commit: null },
      traceparent: null,
    },
    key: { id, n },
    values,
  });
}

const record = (parts?: Parts) => frame(view.schemaId, payload(parts));
const whole = record({ values: { flag: true, count: 3, text: 'a', vector: [1, 2], longs: [5n] } });

/** A record whose values are these bytes: each feature in turn, with the index of its union before it. */
function withValues(...pieces: readonly (Buffer | readonly number[])[]): Buffer {
  const head = payload({ values: null }).subarray(0, -1);
  return frame(
    view.schemaId,
    Buffer.concat([head, Buffer.of(VALUE), ...pieces.map((one) => Buffer.from(one))]),
  );
}

/** A record in which a text is replaced by other bytes of the same length. */
function replaced(bytes: Buffer, text: string, by: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  by.copy(copy, copy.indexOf(text));
  return copy;
}

const schemaOf = (ownKeys: typeof keys | { id: 'string' }, own: Readonly<Record<string, FeatureType>>) => {
  const { definition, entity } = registeredView(ownKeys, own);
  return featureRowSchema(definition, entity);
};

const refused: readonly (readonly [string, ErrorCode, Buffer | null])[] = [
  ['no value', 'EVENT_MALFORMED', null],
  ['an empty value', 'EVENT_MALFORMED', Buffer.alloc(0)],
  ['a value that is not framed', 'EVENT_MALFORMED', Buffer.from('{"not":"avro"}')],
  ['a frame that breaks off', 'EVENT_MALFORMED', whole.subarray(0, 4)],
  ['a schema that nobody knows', 'SCHEMA_UNKNOWN', frame(99, payload())],
  ['bytes behind the record', 'EVENT_MALFORMED', Buffer.concat([whole, NULL])],
  ['an event id that is no UUID', 'VALUE_INVALID', record({ eventId: 'seven' })],
  ['an event id with another letter', 'VALUE_INVALID', record({ eventId: EVENT_ID.replace('a', 'g') })],
  ['an event id without its dashes', 'VALUE_INVALID', record({ eventId: EVENT_ID.replaceAll('-', '0') })],
  ['an event id that is not UTF-8', 'EVENT_MALFORMED', replaced(whole, EVENT_ID, Buffer.of(0xff))],
  ['an event time past the year 9999', 'TIME_INVALID', record({ eventTime: 2n ** 62n })],
  ['an event time before the year 1', 'TIME_INVALID', record({ eventTime: -(2n ** 62n) })],
  ['an event time too far ahead', 'EVENT_TOO_FAR_AHEAD', record({ eventTime: MINUTE + 1n })],
  [
    'a key that is not UTF-8',
    'EVENT_MALFORMED',
    replaced(record({ id: 'KEY' }), 'KEY', Buffer.of(0xc3, 0x28)),
  ],
  ['a boolean that is neither', 'EVENT_MALFORMED', withValues([VALUE, 2], NULL, NULL, NULL, NULL)],
  [
    'an int of 33 bits',
    'EVENT_MALFORMED',
    withValues(NULL, [VALUE, 0x80, 0x80, 0x80, 0x80, 0x20], NULL, NULL, NULL),
  ],
  [
    'a number of eleven bytes',
    'EVENT_MALFORMED',
    withValues(NULL, [VALUE, ...Array<number>(10).fill(0x80), 1], NULL, NULL, NULL),
  ],
  ['a text of a negative length', 'EVENT_MALFORMED', withValues(NULL, NULL, [VALUE, 1], NULL, NULL)],
  [
    'a text longer than the record',
    'EVENT_MALFORMED',
    withValues(NULL, NULL, [VALUE, 0x7e, 0x61], NULL, NULL),
  ],
  ['a text that is not UTF-8', 'EVENT_MALFORMED', withValues(NULL, NULL, [VALUE, 4, 0xc3, 0x28], NULL, NULL)],
  ['an embedding of another size', 'VALUE_INVALID', record({ values: { ...empty, vector: [1] } })],
  [
    'an array of more items than bytes',
    'EVENT_MALFORMED',
    withValues(NULL, NULL, NULL, NULL, [VALUE, 0xfe, 0xff, 0x7f]),
  ],
  ['a branch that a feature has not', 'EVENT_MALFORMED', withValues([4], NULL, NULL, NULL, NULL)],
  [
    'a branch that the values have not',
    'EVENT_MALFORMED',
    frame(view.schemaId, Buffer.concat([payload({ values: null }).subarray(0, -1), Buffer.of(4)])),
  ],
];

const misfits: readonly (readonly [string, string])[] = [
  ['not JSON', 'syntax = "proto3";'],
  ['not a record', '"string"'],
  ['of something else', JSON.stringify({ type: 'record', name: 'Other', fields: [] })],
  ['without a column of the key', JSON.stringify(schemaOf({ id: 'string' }, features))],
  ['with a feature of another type', JSON.stringify(schemaOf(keys, { ...features, count: 'string' }))],
  [
    'with an array instead of a scalar',
    JSON.stringify(schemaOf(keys, { ...features, flag: { array: 'bool' } })),
  ],
];

/**
 * Which records a projector takes and which become dead letters, with which code. The projectors of both stores
 * run it: a record that only one of them took would make the stores differ.
 */
export function rowRulesContract(name: string, decode: DecodeRecord): void {
  const known = new Map([[view.schemaId, view.schema]]);
  const codeOf = (value: Buffer | null) => decode(view, value, known);

  describe(`${name} keeps the rules of rows`, () => {
    it.each(refused)('refuses %s: %s', async (_what, code, value) => {
      expect(await codeOf(value)).toBe(code);
    });

    it('refuses a record that breaks off anywhere', async () => {
      for (let length = 5; length < whole.length; length++) {
        expect(await codeOf(whole.subarray(0, length)), `after ${length} bytes`).toBe('EVENT_MALFORMED');
      }
    });

    it.each(misfits)('refuses records of a schema that is %s', async (_what, text) => {
      expect(await decode(view, frame(1, payload()), new Map([[1, text]]))).toBe('VALUE_INVALID');
    });

    it.each([
      ['a row with everything', whole],
      ['a row with nothing', record()],
      ['a deletion', record({ values: null })],
      ['an event id in capitals', record({ eventId: EVENT_ID.toUpperCase() })],
      ['the latest event time', record({ eventTime: MINUTE })],
      ['a key that is not ASCII', record({ id: 'Zürich ✈' })],
    ])('takes %s', async (_what, value) => {
      expect(await codeOf(value)).toBeUndefined();
    });

    it('takes rows of a schema with other features in another order', async () => {
      const schema = schemaOf(keys, { later: 'timestamp', longs: { array: 'long' }, flag: 'bool' });
      const bytes = compileAvro(schema).toBuffer({
        envelope: {
          eventId: EVENT_ID,
          eventTime: 0n,
          producer: { service: 's', version: null, commit: null },
          traceparent: null,
        },
        key: { id: 'e', n: 7 },
        values: { later: 5n, longs: [1n, 2n], flag: false },
      });
      expect(await decode(view, frame(7, bytes), new Map([[7, JSON.stringify(schema)]]))).toBeUndefined();
    });
  });
}

/** How far ahead of its recording an event time may lie in {@link rowRulesContract}. */
export const CONTRACT_MAX_AHEAD = MINUTE;
