import type { Expectation, PlannedRecord } from './plan.ts';

/** A record that was sent. */
export interface SentRecord {
  readonly what: string;
  readonly expected: Expectation;
  readonly entity?: PlannedRecord['entity'];
}

/** What was sent, by the place where the log has it. */
export class Ledger {
  readonly #topics = new Map<string, Map<number, Map<number, SentRecord>>>();
  #records = 0;

  get records(): number {
    return this.#records;
  }

  add(topic: string, partition: number, offset: number, { what, expected, entity }: PlannedRecord): void {
    const partitions = this.#topics.get(topic) ?? new Map<number, Map<number, SentRecord>>();
    this.#topics.set(topic, partitions);
    const offsets = partitions.get(partition) ?? new Map<number, SentRecord>();
    partitions.set(partition, offsets);
    offsets.set(offset, { what, expected, ...(entity === undefined ? {} : { entity }) });
    this.#records += 1;
  }

  topics(): readonly string[] {
    return [...this.#topics.keys()].sort();
  }

  /** The records of a topic with their places. */
  *of(topic: string): Generator<{ readonly place: string; readonly sent: SentRecord }> {
    for (const [partition, offsets] of this.#topics.get(topic) ?? []) {
      for (const [offset, sent] of offsets) yield { place: placeOf(partition, offset), sent };
    }
  }
}

/** Names a place in a topic. */
export function placeOf(partition: number, offset: number): string {
  return `${partition}@${offset}`;
}
