import type { Generation, GenerationId, Generations } from '@millrace/processing';
import type { SimulatedLog } from '../log/simulated-log.ts';
import type { Random } from './random.ts';
import { promised } from './violation.ts';

/** What a rebuild has to hold before it goes live: for each partition the last offset. */
type Goal = ReadonlyMap<number, bigint>;

const CANCELLED = 0.4;

/** What `number` of a topic holds: the offset before which it has everything of a partition. */
export type Holds = (topic: string, number: number, partition: number) => bigint;

/** Asks for rebuilds as an operator does, and sees that none goes live before it holds what was asked for. */
export class Rebuilds {
  readonly #log: SimulatedLog;
  readonly #random: Random;
  readonly #generations: Generations;
  readonly #holds: Holds;
  readonly #goals = new Map<string, Goal>();
  readonly #asked = new Set<string>();
  readonly #cancelled = new Set<string>();

  constructor(log: SimulatedLog, random: Random, generations: Generations, holds: Holds) {
    this.#log = log;
    this.#random = random;
    this.#generations = generations;
    this.#holds = holds;
  }

  /** Asks for a rebuild, or cancels one that is under way. */
  async ask(): Promise<string> {
    const building = (await this.#generations.list()).filter(({ state }) => state === 'building');
    return building.length > 0 && this.#random.chance(CANCELLED) ? this.#cancel(building) : this.#request();
  }

  async #cancel(building: readonly Generation[]): Promise<string> {
    const cancelled = this.#random.chance(0.5) ? building : [this.#random.pick(building)];
    await this.#generations.giveUp(cancelled);
    const names = cancelled.map(nameOf);
    for (const name of names) {
      this.#goals.delete(name);
      this.#cancelled.add(name);
    }
    return `cancels a rebuild: ${names.join(' ')}`;
  }

  /** Asks for a rebuild of one or all topics, up to the end of the log or as far as it reaches now. */
  async #request(): Promise<string> {
    const all = this.#log.topics();
    const topics = this.#random.chance(0.5) ? all : [this.#random.pick(all)];
    const isBounded = this.#random.chance(0.5);
    const asked = topics.map((topic) => {
      const goal = this.#log.lastRecords(topic);
      const until = Object.fromEntries([...goal].map(([partition, offset]) => [String(partition), offset]));
      return { topic, goal, until: isBounded ? until : null };
    });
    const building = await this.#generations.request(asked);
    for (const { topic, number } of building) {
      const goal = asked.find((each) => each.topic === topic)?.goal;
      const name = nameOf({ topic, number });
      // One that is being built already keeps its goal.
      if (goal !== undefined && !this.#asked.has(name)) this.#goals.set(name, goal);
      this.#asked.add(name);
    }
    return `asks for a rebuild: ${building.map(({ topic, number }) => `${topic}#${number}`).join(' ')}`;
  }

  /** A store that loses writes may lose what was built. */
  forgive(): void {
    this.#goals.clear();
    this.#cancelled.clear();
  }

  /** Whether there is anything to see to. */
  get areUnderWay(): boolean {
    return this.#goals.size + this.#cancelled.size > 0;
  }

  /** Throws when one went live too early. */
  check(generations: readonly Pick<Generation, 'topic' | 'number' | 'state'>[]): void {
    for (const { topic, number, state } of generations) {
      const name = nameOf({ topic, number });
      const goal = this.#goals.get(name);
      promised(
        'what was cancelled never goes live',
        state !== 'live' || !this.#cancelled.has(name),
        () => `${name} is live`,
      );
      if (state !== 'live' || goal === undefined) continue;
      this.#goals.delete(name);
      for (const [partition, last] of goal) {
        const next = this.#holds(topic, number, partition);
        promised(
          'a rebuild goes live with all that was asked for',
          next > last,
          () => `${name} is live with partition ${partition} up to ${next}, not ${last + 1n}`,
        );
      }
    }
  }
}

function nameOf({ topic, number }: GenerationId): string {
  return `${topic}#${number}`;
}
