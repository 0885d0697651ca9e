import { type EventId, newEventId } from '@millrace/events';
import { SECOND } from '@millrace/kernel';
import type { CaseAnswer, CaseRecord, CaseSpineRow, PointInTimeCase } from './model.ts';

const DAY = 86_400n * SECOND;
const T = 980_000_000n * SECOND;
const base = { keys: { id: 'string' }, features: { x: 'double', y: 'string' }, ttl: DAY } as const;

type Row = Readonly<{ x: number | null; y: string | null }>;
const present = (x: number): Row => ({ x, y: `y${x}` });

/** A record of entity `e` at a time relative to the label; the next offset of partition 0. */
function written(
  ...rows: readonly (Partial<CaseRecord> & { readonly at: bigint; readonly row: Row | null })[]
): CaseRecord[] {
  const next = new Map<number, bigint>();
  return rows.map(({ at, row, ...rest }) => {
    const partition = rest.partition ?? 0;
    const offset = rest.offset ?? next.get(partition) ?? 0n;
    next.set(partition, offset + 1n);
    return {
      eventId: newEventId(),
      key: { id: 'e' },
      eventTime: T + at,
      values: row,
      ...rest,
      partition,
      offset,
    };
  });
}

const label = (at = 0n, id = 'e'): CaseSpineRow => ({ key: { id }, time: T + at });
const all = (answer: CaseAnswer) => ({ x: answer, y: answer });
const notFound = all({ status: 'NOT_FOUND', value: null });
const tooOld = all({ status: 'OUTSIDE_MAX_AGE', value: null });
const nulls = all({ status: 'NULL_VALUE', value: null });
const found = (x: number): Readonly<Record<string, CaseAnswer>> => ({
  x: { status: 'PRESENT', value: x },
  y: { status: 'PRESENT', value: `y${x}` },
});

const resent: EventId = newEventId();
const late = written({ at: -20n, row: present(1) }, { at: -10n, row: present(2) });

/** The first 18 cases of `point-in-time.md`; some in several variants. */
export const pointInTimeCases: readonly PointInTimeCase[] = [
  {
    ...base,
    number: 1,
    name: 'a value exactly at label time is used',
    records: written({ at: 0n, row: present(1) }),
    spine: [label()],
    expected: [found(1)],
  },
  {
    ...base,
    number: 1,
    name: 'a value exactly at label time is not used when strict',
    strict: true,
    records: written({ at: -1n, row: present(1) }, { at: 0n, row: present(2) }),
    spine: [label()],
    expected: [found(1)],
  },
  {
    ...base,
    number: 2,
    name: 'a value 1 µs after the label is not used',
    records: written({ at: -DAY / 2n, row: present(1) }, { at: 1n, row: present(2) }),
    spine: [label(), label(1n)],
    expected: [found(1), found(2)],
  },
  {
    ...base,
    number: 3,
    name: 'an age of exactly the TTL is used',
    records: written({ at: -DAY, row: present(1) }),
    spine: [label()],
    expected: [found(1)],
  },
  {
    ...base,
    number: 4,
    name: 'an age of the TTL and 1 µs is too old',
    records: written({ at: -DAY - 1n, row: present(1) }),
    spine: [label()],
    expected: [tooOld],
  },
  {
    ...base,
    number: 5,
    name: 'a TTL under a second is honoured',
    ttl: 500_000n,
    records: written({ at: -500_000n, row: present(1) }),
    spine: [label(), label(1n)],
    expected: [found(1), tooOld],
  },
  {
    ...base,
    number: 6,
    name: 'where the newest is expired nothing older comes through',
    records: written({ at: -3n * DAY, row: present(1) }, { at: -2n * DAY, row: present(2) }),
    spine: [label()],
    expected: [tooOld],
  },
  {
    ...base,
    number: 6,
    name: 'where the newest is deleted nothing older comes through',
    ttl: null,
    records: written({ at: -2n, row: present(1) }, { at: -1n, row: null }),
    spine: [label(), label(-2n)],
    expected: [notFound, found(1)],
  },
  {
    ...base,
    number: 7,
    name: 'of one event time the later position wins',
    records: written({ at: -5n, row: present(1) }, { at: -5n, row: present(2) }),
    spine: [label()],
    expected: [found(2)],
  },
  {
    ...base,
    number: 8,
    name: 'an event sent twice is one event',
    records: written(
      { at: -5n, row: present(1), eventId: resent },
      { at: -5n, row: present(1), eventId: resent },
    ),
    spine: [label()],
    expected: [found(1)],
  },
  {
    ...base,
    number: 8,
    name: 'a copy does not undo the deletion that came between',
    records: written(
      { at: -5n, row: present(1), eventId: resent },
      { at: -5n, row: null },
      { at: -5n, row: present(1), eventId: resent },
    ),
    spine: [label()],
    expected: [notFound],
  },
  {
    ...base,
    number: 8,
    name: 'a copy does not undo the correction that came between',
    records: written(
      { at: -5n, row: present(1), eventId: resent },
      { at: -5n, row: present(2) },
      { at: -5n, row: present(1), eventId: resent },
    ),
    spine: [label()],
    expected: [found(2)],
  },
  {
    ...base,
    number: 9,
    name: 'a late value is used when it is known',
    records: late,
    spine: [label()],
    expected: [found(2)],
  },
  {
    ...base,
    number: 9,
    name: 'a late value is not used when it is not known',
    records: late,
    known: { 0: 0n },
    spine: [label()],
    expected: [found(1)],
  },
  {
    ...base,
    number: 9,
    name: 'of a partition that is not known nothing is used',
    records: written({ at: -9n, row: present(1) }, { at: -5n, row: present(2), partition: 1 }),
    known: { 0: 7n },
    spine: [label()],
    expected: [found(1)],
  },
  {
    ...base,
    number: 10,
    name: 'a late value does not overwrite a newer one',
    records: written({ at: -5n, row: present(2) }, { at: -9n, row: present(1) }),
    spine: [label()],
    expected: [found(2)],
  },
  {
    ...base,
    number: 11,
    name: 'out of order inside a batch the newest wins',
    records: written(
      { at: -5n, row: present(2) },
      { at: -1n, row: present(3) },
      { at: -9n, row: present(1) },
    ),
    spine: [label(), label(-1n), label(-2n), label(-9n)],
    expected: [found(3), found(3), found(2), found(1)],
  },
  {
    ...base,
    number: 12,
    name: 'of two writers through two partitions the newest wins',
    records: written(
      { at: -5n, row: present(1), partition: 3 },
      { at: -4n, row: present(2), partition: 1 },
      { at: -6n, row: present(3), partition: 1 },
    ),
    spine: [label()],
    expected: [found(2)],
  },
  {
    ...base,
    number: 12,
    name: 'two writers at one event time are ordered by offset, then partition',
    records: written(
      { at: -5n, row: present(1), partition: 3, offset: 8n },
      { at: -5n, row: present(2), partition: 1, offset: 9n },
      { at: -5n, row: present(3), partition: 2, offset: 9n },
    ),
    spine: [label()],
    expected: [found(3)],
  },
  {
    ...base,
    number: 13,
    name: 'a null that is newest is a null',
    records: written({ at: -5n, row: present(1) }, { at: -4n, row: { x: null, y: null } }),
    spine: [label()],
    expected: [nulls],
  },
  {
    ...base,
    number: 14,
    name: 'null, missing, expired and unknown are null, never zero',
    records: [
      ...written({ at: -5n, row: { x: null, y: '' } }),
      ...written(
        { at: -2n * DAY, row: present(0), key: { id: 'old' }, offset: 10n },
        { at: -1n, row: null, key: { id: 'gone' }, offset: 11n },
      ),
    ],
    spine: [label(), label(0n, 'unknown'), label(0n, 'old'), label(0n, 'gone')],
    expected: [
      { x: { status: 'NULL_VALUE', value: null }, y: { status: 'PRESENT', value: '' } },
      notFound,
      tooOld,
      notFound,
    ],
  },
  {
    ...base,
    number: 15,
    name: 'a spine row without any match is kept',
    records: [],
    spine: [label(), label(1n, 'other')],
    expected: [notFound, notFound],
  },
  {
    ...base,
    number: 16,
    name: 'two spine rows with one key and time are both kept',
    records: written({ at: -5n, row: present(1) }),
    spine: [label(), label(), label()],
    expected: [found(1), found(1), found(1)],
  },
  {
    ...base,
    number: 17,
    name: 'an unsorted spine keeps its order',
    records: written({ at: -9n, row: present(1) }, { at: -5n, row: present(2) }),
    spine: [label(), label(-9n), label(3n, 'b'), label(-5n), label(-10n)],
    expected: [found(2), found(1), notFound, found(2), notFound],
  },
  compositeKeys(),
];

function compositeKeys(): PointInTimeCase {
  const keys = [
    ['1', '23'],
    ['12', '3'],
    ['a|b', 'c'],
    ['a', 'b|c'],
    ['', 'ab'],
    ['ab', ''],
    ['é', '\u{1F6EB}'],
    ['e\u0301', '\u{1F6EB}'],
    ["'", '\\'],
  ] as const;
  return {
    ...base,
    number: 18,
    name: 'composite keys never run into each other',
    keys: { left: 'string', right: 'string' },
    records: keys.flatMap(([left, right], index) =>
      written({ at: -5n, row: present(index), key: { left, right }, offset: BigInt(index) }),
    ),
    spine: keys.map(([left, right]) => ({ key: { left, right }, time: T })),
    expected: keys.map((_, index) => found(index)),
  };
}
