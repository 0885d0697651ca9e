import { featureTopic } from '@millrace/events';
import type { Generation } from '@millrace/processing';
import { z } from 'zod';
import { physicalName } from '../generation-names.ts';

const stateSchema = z.enum(['building', 'live', 'retired']);
const untilSchema = z.record(z.string(), z.string().regex(/^\d+$/).transform(BigInt)).nullable();

/** Takes apart a field of the hash of generations and its value; undefined for a topic's highest number. */
export function parseGeneration(field: string, value: string): Generation | undefined {
  const at = field.lastIndexOf('#');
  if (at === -1) return undefined;
  const [state, since = '0', rebuild = '', until = 'null'] = value.split('|');
  return {
    topic: field.slice(0, at),
    number: Number(field.slice(at + 1)),
    state: stateSchema.parse(state),
    rebuild,
    until: untilSchema.parse(JSON.parse(until)),
    since: BigInt(since),
  };
}

/** `until` as the hash of generations has it. */
export function untilText(until: Generation['until']): string {
  if (until === null) return 'null';
  return JSON.stringify(
    Object.fromEntries(Object.entries(until).map(([key, value]) => [key, String(value)])),
  );
}

/** What the hash of generations said at one moment. */
export class GenerationMap {
  readonly generations: readonly Generation[];
  readonly #live = new Map<string, number>();

  constructor(fields: Readonly<Record<string, string>>) {
    this.generations = Object.entries(fields).flatMap(
      ([field, value]) => parseGeneration(field, value) ?? [],
    );
    for (const { topic, number, state } of this.generations) {
      if (state === 'live' && number !== 1) this.#live.set(topic, number);
    }
  }

  /** The generation of a topic that is read. */
  live(topic: string): number {
    return this.#live.get(topic) ?? 1;
  }

  /** The topics of which another generation than the first is read, and which. */
  rebuilt(): ReadonlyMap<string, number> {
    return this.#live;
  }

  /** Whether the same generations are read by another map. */
  readsLike(other: GenerationMap): boolean {
    if (other === this) return true;
    if (other.#live.size !== this.#live.size) return false;
    return [...this.#live].every(([topic, number]) => other.#live.get(topic) === number);
  }

  /** The field of a view's rows that are read. */
  fieldOf(view: string): string {
    return this.#live.size === 0 ? view : physicalName(view, this.live(featureTopic(view)));
  }
}
