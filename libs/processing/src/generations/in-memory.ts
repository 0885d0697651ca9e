import { randomUUID } from 'node:crypto';
import type { Clock } from '@millrace/kernel';
import { generationName } from './plan.ts';
import type { Generation, GenerationId, Generations } from './port.ts';

/** A store's generations in memory, for stores in memory, tests and simulation. */
export class InMemoryGenerations implements Generations {
  readonly #clock: Clock;
  readonly #generations = new Map<string, Generation>();
  readonly #highest = new Map<string, number>();
  readonly #applied: (generation: GenerationId) => ReadonlyMap<number, bigint>;
  readonly #delete: (generation: GenerationId) => void;

  /**
   * @param contents what the store holds of a generation, and how it deletes that.
   */
  constructor(
    clock: Clock,
    contents: {
      applied(generation: GenerationId): ReadonlyMap<number, bigint>;
      delete(generation: GenerationId): void;
    },
  ) {
    this.#clock = clock;
    this.#applied = (generation) => contents.applied(generation);
    this.#delete = (generation) => contents.delete(generation);
  }

  /** The generation of a topic that is read. */
  live(topic: string): number {
    return this.#of(topic).find(({ state }) => state === 'live')?.number ?? 1;
  }

  async list(): Promise<readonly Generation[]> {
    return [...this.#generations.values()];
  }

  async request(topics: Parameters<Generations['request']>[0]): Promise<readonly Generation[]> {
    const rebuild = randomUUID();
    return topics.map(({ topic, until }) => {
      const of = this.#of(topic);
      const building = of.find(({ state }) => state === 'building');
      if (building !== undefined) return building;
      if (of.length === 0) this.#set({ topic, number: 1, state: 'live', rebuild: '', until: null });
      const number = (this.#highest.get(topic) ?? 1) + 1;
      this.#highest.set(topic, number);
      return this.#set({ topic, number, state: 'building', rebuild, until });
    });
  }

  async goLive(generations: readonly GenerationId[]): Promise<void> {
    for (const generation of this.#building(generations)) {
      for (const before of this.#of(generation.topic)) {
        if (before.state === 'live') this.#set({ ...before, state: 'retired' });
      }
      this.#set({ ...generation, state: 'live' });
    }
  }

  async giveUp(generations: readonly GenerationId[]): Promise<void> {
    for (const generation of this.#building(generations)) this.#set({ ...generation, state: 'retired' });
  }

  async drop(generation: GenerationId): Promise<void> {
    if (this.#generations.get(generationName(generation))?.state !== 'retired') return;
    this.#delete(generation);
    this.#generations.delete(generationName(generation));
  }

  async applied(generation: GenerationId): Promise<ReadonlyMap<number, bigint>> {
    return this.#applied(generation);
  }

  #of(topic: string): readonly Generation[] {
    return [...this.#generations.values()].filter((generation) => generation.topic === topic);
  }

  #building(wanted: readonly GenerationId[]): readonly Generation[] {
    return wanted.flatMap((generation) => {
      const known = this.#generations.get(generationName(generation));
      return known?.state === 'building' ? [known] : [];
    });
  }

  #set(generation: Omit<Generation, 'since'>): Generation {
    const changed = { ...generation, since: this.#clock.now() };
    this.#generations.set(generationName(generation), changed);
    return changed;
  }
}
