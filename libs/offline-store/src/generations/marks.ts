import type { Generation } from '@millrace/processing';
import type { Micros } from '@millrace/kernel';

/** A line of the table of generations. Lines are given in the order in which they were written. */
export interface Mark {
  readonly topic: string;
  readonly number: number;
  readonly mark: 'building' | 'live' | 'retired' | 'dropped';
  readonly rebuild: string;
  readonly until: Generation['until'];
  readonly since: Micros;
}

/** What is known of one topic. */
export interface TopicGenerations {
  /** The number of the generation that is read. */
  readonly live: number;
  /** The greatest number that was ever given. */
  readonly last: number;
  /** Those that are not dropped, by number. */
  readonly generations: readonly Generation[];
}

type Entry = Omit<Generation, 'state'> & { state: Mark['mark']; since: Micros };

/** Folds the marks of one topic; a mark that does not follow from those before it counts for nothing. */
export function foldMarks(topic: string, marks: readonly Mark[]): TopicGenerations {
  const first: Entry = { topic, number: 1, rebuild: '', until: null, state: 'live', since: 0n };
  const entries = new Map<number, Entry>([[1, first]]);
  for (const { number, mark, rebuild, until, since } of marks) {
    const entry = entries.get(number);
    if (entry === undefined) {
      if (mark === 'building')
        entries.set(number, { topic, number, rebuild, until, state: 'building', since });
    } else if (mark === 'live' && entry.state === 'building') {
      for (const other of entries.values()) {
        if (other.state === 'live') Object.assign(other, { state: 'retired', since });
      }
      Object.assign(entry, { state: 'live', since });
    } else if (mark === 'retired' && entry.state === 'building') {
      Object.assign(entry, { state: 'retired', since });
    } else if (mark === 'dropped' && entry.state === 'retired') {
      entry.state = 'dropped';
    }
  }
  const numbers = [...entries.keys()];
  const generations = [...entries.values()]
    .toSorted((a, b) => a.number - b.number)
    .flatMap(({ state, ...entry }) => (state === 'dropped' ? [] : [{ ...entry, state }]));
  const live = generations.find(({ state }) => state === 'live')?.number ?? 1;
  return { live, last: Math.max(...numbers), generations };
}
