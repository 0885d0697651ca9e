import { type OffsetVector, packPosition, type Position } from '@millrace/events';
import type { Micros } from '@millrace/kernel';
import type { Entry, SimulatedLog } from '../log/simulated-log.ts';
import type { Planned, Row } from './generate.ts';

/** An event as it stands in the log. */
export interface Recorded extends Row {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly position: Position;
  /** When the log took it in, in microseconds. */
  readonly recordedAt: Micros;
  /** The record's value. */
  readonly bytes: Buffer;
}

/** Where a record stands that can only be a dead letter. */
export type Letter = Pick<Recorded, 'topic' | 'partition' | 'offset'>;

/** Appends what is planned, and remembers what a right store makes of it. */
export class Producers {
  readonly #log: SimulatedLog;
  readonly #planned: readonly Planned[];
  #appended = 0;
  readonly rows: Recorded[] = [];
  readonly #byEntity = new Map<string, Recorded[]>();
  readonly letters: Letter[] = [];

  constructor(log: SimulatedLog, planned: readonly Planned[]) {
    this.#log = log;
    this.#planned = planned;
  }

  get left(): number {
    return this.#planned.length - this.#appended;
  }

  /** The rows of an entity in a topic. */
  of(topic: string, entity: bigint): readonly Recorded[] {
    return this.#byEntity.get(`${topic} ${entity}`) ?? [];
  }

  #add(row: Recorded): void {
    this.rows.push(row);
    const address = `${row.topic} ${row.entity}`;
    this.#byEntity.set(address, [...(this.#byEntity.get(address) ?? []), row]);
  }

  /** Appends the next record. @returns a line about it. */
  append(): string {
    const next = this.#planned[this.#appended];
    if (next === undefined) return 'nothing';
    this.#appended += 1;
    const { topic, partition, key, value, meant } = next;
    const { offset, recordedAt } = this.#log.append(topic, partition, recordOf(next, key, value));
    const place = `${topic}/${partition}@${offset}`;
    if (meant === 'marker') return `${place} a marker`;
    if (meant === 'dead letter') {
      this.letters.push({ topic, partition, offset });
      return `${place} a broken record`;
    }
    const position = packPosition({ epoch: 0, offset, partition });
    this.#add({ ...meant, topic, partition, offset, position, recordedAt, bytes: value });
    const what = meant.value === null ? 'deletion' : `value ${meant.value}`;
    return `${place} event ${meant.eventId.slice(-4)} at ${meant.eventTime % 1000n}: thing ${meant.entity}, ${what}`;
  }
}

function recordOf({ meant }: Planned, key: Buffer, value: Buffer): Entry['record'] {
  return meant === 'marker' ? 'marker' : { key, value };
}

/** Of several copies of an event the first, by position; in one topic. */
export function firstCopies(rows: readonly Recorded[]): readonly Recorded[] {
  const first = new Map<string, Recorded>();
  for (const row of rows) {
    const id = `${row.topic} ${row.eventId}`;
    const known = first.get(id);
    if (known === undefined || row.position < known.position) first.set(id, row);
  }
  return [...first.values()];
}

/** The newest rows by topic and entity, of those that a predicate knows: the greatest by event time, then position. */
export function newestRows(
  rows: readonly Recorded[],
  isKnown: (row: Recorded) => boolean,
): ReadonlyMap<string, Recorded> {
  const newest = new Map<string, Recorded>();
  for (const row of firstCopies(rows.filter(isKnown))) {
    const address = `${row.topic} ${row.entity}`;
    const best = newest.get(address);
    const isLater =
      best === undefined ||
      row.eventTime > best.eventTime ||
      (row.eventTime === best.eventTime && row.position > best.position);
    if (isLater) newest.set(address, row);
  }
  return newest;
}

/** A predicate of what a vector of last offsets covers. */
export function coveredBy(vector: OffsetVector): (row: Letter) => boolean {
  return ({ topic, partition, offset }) => offset <= (vector[topic]?.[partition] ?? -1n);
}
