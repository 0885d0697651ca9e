import { type Micros, SECOND } from '@millrace/kernel';
import type { Generation, GenerationId } from './port.ts';

/** What a look at the store's generations asks of a projector. */
export interface GenerationPlan {
  /** The generation of each topic that is read. */
  readonly live: readonly GenerationId[];
  /** Those that have to be fed. */
  readonly consume: readonly GenerationId[];
  /** Those that nobody reads or feeds any more. */
  readonly drop: readonly GenerationId[];
  /** Those that are being built, by rebuild. */
  readonly rebuilds: ReadonlyMap<string, readonly Generation[]>;
}

/**
 * Plans by what the store says. A generation that was live is fed for a grace, since readers may hold on to it, and
 * dropped a grace later, when every instance has seen that. One that was given up was never read: it is not fed, and
 * dropped after a grace.
 *
 * @param topics all that are projected.
 * @param graceMs the store's grace, longer than readers hold on to what they know.
 */
export function planGenerations(
  topics: readonly string[],
  generations: readonly Generation[],
  now: Micros,
  graceMs: number,
): GenerationPlan {
  const live: GenerationId[] = topics.map((topic) => ({ topic, number: liveNumber(topic, generations) }));
  const numbers = new Map(live.map(({ topic, number }) => [topic, number]));
  const grace = (BigInt(graceMs) * SECOND) / 1000n;
  const consume = [...live];
  const drop: GenerationId[] = [];
  const rebuilds = new Map<string, Generation[]>();
  for (const generation of generations) {
    const { topic, number, state, rebuild } = generation;
    const current = numbers.get(topic);
    if (current === undefined) continue;
    if (state === 'building') {
      consume.push({ topic, number });
      rebuilds.set(rebuild, [...(rebuilds.get(rebuild) ?? []), generation]);
    } else if (state === 'retired') {
      const wasLive = number < current;
      const age = now - generation.since;
      if (wasLive && age < grace) consume.push({ topic, number });
      if (age >= (wasLive ? 2n * grace : grace)) drop.push({ topic, number });
    }
  }
  return { live, consume, drop, rebuilds };
}

function liveNumber(topic: string, generations: readonly Generation[]): number {
  return generations.find((known) => known.topic === topic && known.state === 'live')?.number ?? 1;
}

/** Names a generation in maps and messages. */
export function generationName({ topic, number }: GenerationId): string {
  return `${topic}#${number}`;
}
