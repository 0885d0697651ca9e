import { type EventId, KeyCodec, parseEventId } from '@millrace/events';
import type { Micros } from '@millrace/kernel';
import type { Random } from '../core/random.ts';
import { encoders, ENTITIES, topics } from './definitions.ts';

/** An event that became a record. */
export interface Row {
  readonly eventId: EventId;
  readonly eventTime: Micros;
  readonly entity: bigint;
  readonly key: Buffer;
  /** Null for a deletion. */
  readonly value: bigint | null;
}

/** Something that a producer appends. */
export interface Planned {
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer;
  readonly value: Buffer;
  /** What a projector has to make of it: a row or a dead letter; or the marker of a transaction. */
  readonly meant: Row | 'dead letter' | 'marker';
}

/** The codec of the entity's key. */
export const keys = new KeyCodec({ id: 'long' });
const NOTHING = Buffer.alloc(0);
type PlannedRow = Planned & { readonly meant: Row };

const FIRST_TIME = BigInt(Date.UTC(2026, 0, 31, 23)) * 1000n;
/** Some events are from just now, or ahead of it: they go out of date while the run lasts. */
const RECENT_TIMES = [55n, 65n, 90n].map((seconds) => FIRST_TIME + (59n * 60n + seconds - 60n) * 1_000_000n);
const FAR_AHEAD = BigInt(Date.UTC(2040, 0, 1)) * 1000n;

/** Everything that producers append in a run, in their order. */
export function planEvents(random: Random, partitions: number): readonly Planned[] {
  const entities = random.between(1, ENTITIES);
  const first = Array.from({ length: random.between(1, 6) }, (_, at) => FIRST_TIME + BigInt(at));
  const times = random.chance(0.3) ? [...first, ...RECENT_TIMES] : first;
  const count = random.between(4, 36);
  const copies = random.pick([0, 0.1, 0.3]);
  const broken = random.pick([0, 0.05, 0.2]);
  const markers = random.pick([0, 0, 0.2]);
  const planned: Planned[] = [];
  while (planned.length < count) {
    const topic = random.pick(topics);
    const drawn = random.next();
    const earlier = planned.filter(({ meant }) => typeof meant === 'object');
    if (drawn < copies && earlier.length > 0) {
      const copied = random.pick(earlier);
      planned.push(random.chance(0.5) ? copied : { ...copied, partition: random.below(partitions) });
    } else if (drawn < copies + broken) {
      const record = planRow(random, planned.length, topic, entities, times, partitions);
      planned.push(brokenRecord(random, record, record.meant));
    } else if (drawn < copies + broken + markers) {
      const partition = random.below(partitions);
      planned.push({ topic, partition, key: NOTHING, value: NOTHING, meant: 'marker' });
    } else {
      planned.push(planRow(random, planned.length, topic, entities, times, partitions));
    }
  }
  return planned;
}

function planRow(
  random: Random,
  number: number,
  topic: string,
  entities: number,
  times: readonly Micros[],
  partitions: number,
): PlannedRow {
  const entity = BigInt(random.below(entities));
  const row: Row = {
    eventId: eventId(number),
    // Few times for many events: many are tied, and many late.
    eventTime: random.pick(times),
    entity,
    key: keys.encode({ id: entity }),
    value: random.chance(0.2) ? null : BigInt(number),
  };
  return {
    topic,
    partition: Number(entity) % partitions,
    key: row.key,
    value: encode(topic, row),
    meant: row,
  };
}

function encode(topic: string, { eventId, eventTime, entity, value }: Row): Buffer {
  const encoder = encoders.get(topic);
  if (encoder === undefined) throw new RangeError(`${topic} is not the topic of a view`);
  return encoder({ key: { id: entity }, eventId, eventTime, values: value === null ? null : { value } });
}

/** A record that cannot become a row, each for another reason. */
function brokenRecord(random: Random, record: Planned, row: Row): Planned {
  const { value, topic } = record;
  const variants: readonly (() => Buffer)[] = [
    () => Buffer.from('{"not":"framed"}'),
    () => value.subarray(0, value.length - random.between(1, 8)),
    () => Buffer.concat([value, Buffer.of(7)]),
    () => Buffer.concat([Buffer.of(0, 0, 0, 0, 99), value.subarray(5)]),
    () => encode(topic, { ...row, eventTime: FAR_AHEAD }),
  ];
  return { ...record, value: random.pick(variants)(), meant: 'dead letter' };
}

function eventId(number: number): EventId {
  const id = parseEventId(`00000000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`);
  if (id === undefined) throw new RangeError(`${number} makes no event id`);
  return id;
}
