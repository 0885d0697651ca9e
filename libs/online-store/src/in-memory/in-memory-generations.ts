import type { Clock } from '@millrace/kernel';
import type { Generation, GenerationId, Generations } from '@millrace/processing';

/** What generations hold. */
export interface GenerationContents {
  delete(generation: GenerationId): void;
  applied(generation: GenerationId): ReadonlyMap<number, bigint>;
}

/** The generations of a store in memory. */
export class InMemoryGenerations implements Generations {
  readonly #contents: GenerationContents;
  readonly #clock: Clock;
  readonly #topics = new Map<string, { highest: number; readonly numbers: Map<number, Generation> }>();
  #rebuilds = 0;

  constructor(contents: GenerationContents, clock: Clock) {
    this.#contents = contents;
    this.#clock = clock;
  }

  /** The generation of a topic that is read. */
  live(topic: string): number {
    const generations = [...(this.#topics.get(topic)?.numbers.values() ?? [])];
    return generations.find(({ state }) => state === 'live')?.number ?? 1;
  }

  list(): Promise<readonly Generation[]> {
    return Promise.resolve([...this.#topics.values()].flatMap(({ numbers }) => [...numbers.values()]));
  }

  request(topics: Parameters<Generations['request']>[0]): Promise<readonly Generation[]> {
    const rebuild = `rebuild-${++this.#rebuilds}`;
    const since = this.#clock.now();
    const building = topics.map(({ topic, until }) => {
      const first: Generation = { topic, number: 1, state: 'live', rebuild: '', until: null, since: 0n };
      const known = this.#topics.get(topic) ?? { highest: 1, numbers: new Map([[1, first]]) };
      this.#topics.set(topic, known);
      const already = [...known.numbers.values()].find(({ state }) => state === 'building');
      if (already !== undefined) return already;
      const asked: Generation = { topic, number: ++known.highest, state: 'building', rebuild, until, since };
      known.numbers.set(asked.number, asked);
      return asked;
    });
    return Promise.resolve(building);
  }

  goLive(generations: readonly GenerationId[]): Promise<void> {
    for (const { topic, number } of generations) {
      const numbers = this.#topics.get(topic)?.numbers;
      if (numbers?.get(number)?.state !== 'building') continue;
      this.#set(topic, this.live(topic), 'retired');
      this.#set(topic, number, 'live');
    }
    return Promise.resolve();
  }

  giveUp(generations: readonly GenerationId[]): Promise<void> {
    for (const { topic, number } of generations) {
      if (this.#topics.get(topic)?.numbers.get(number)?.state === 'building')
        this.#set(topic, number, 'retired');
    }
    return Promise.resolve();
  }

  drop(generation: GenerationId): Promise<void> {
    const numbers = this.#topics.get(generation.topic)?.numbers;
    if (numbers?.get(generation.number)?.state === 'retired') {
      this.#contents.delete(generation);
      numbers.delete(generation.number);
    }
    return Promise.resolve();
  }

  applied(generation: GenerationId): Promise<ReadonlyMap<number, bigint>> {
    return Promise.resolve(this.#contents.applied(generation));
  }

  #set(topic: string, number: number, state: Generation['state']): void {
    const numbers = this.#topics.get(topic)?.numbers;
    const generation = numbers?.get(number);
    if (generation !== undefined) numbers?.set(number, { ...generation, state, since: this.#clock.now() });
  }
}
