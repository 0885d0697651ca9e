import type { PartitionSpan } from '@millrace/event-log';
import type { Clock, Micros } from '@millrace/kernel';

/** What takes an offset: a record, or the marker of a transaction, which readers never see. */
export interface Entry {
  readonly offset: bigint;
  /** Microseconds, in whole milliseconds as brokers have it. */
  readonly recordedAt: Micros;
  readonly record: { readonly key: Buffer; readonly value: Buffer } | 'marker';
}

/** A log in memory. What it has taken it never loses. */
export class SimulatedLog {
  readonly #clock: Clock;
  readonly #topics = new Map<string, readonly Entry[][]>();

  /** @param partitions of every topic. */
  constructor(clock: Clock, topics: readonly string[], partitions: number) {
    this.#clock = clock;
    for (const topic of topics)
      this.#topics.set(
        topic,
        Array.from({ length: partitions }, () => []),
      );
  }

  append(topic: string, partition: number, record: Entry['record']): Entry {
    const entries = this.#entries(topic, partition);
    const entry = { offset: BigInt(entries.length), recordedAt: this.#clock.now(), record };
    entries.push(entry);
    return entry;
  }

  topics(): readonly string[] {
    return [...this.#topics.keys()];
  }

  entries(topic: string, partition: number): readonly Entry[] {
    return this.#entries(topic, partition);
  }

  spans(topic: string): readonly PartitionSpan[] {
    return (this.#topics.get(topic) ?? []).map((entries, partition) => ({
      partition,
      first: 0n,
      next: BigInt(entries.length),
    }));
  }

  /** The last record of each partition that has any. */
  lastRecords(topic: string): ReadonlyMap<number, bigint> {
    const last = new Map<number, bigint>();
    for (const [partition, entries] of (this.#topics.get(topic) ?? []).entries()) {
      const entry = entries.findLast(({ record }) => record !== 'marker');
      if (entry !== undefined) last.set(partition, entry.offset);
    }
    return last;
  }

  #entries(topic: string, partition: number): Entry[] {
    const entries = this.#topics.get(topic)?.[partition];
    if (entries === undefined) throw new RangeError(`there is no ${topic}/${partition}`);
    return entries;
  }
}
