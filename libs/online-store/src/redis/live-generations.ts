import type { Layout } from './layout.ts';
import { GenerationMap } from './generation-map.ts';
import { guarded, type RedisCommands } from './redis-client.ts';
import { positionsPrefix } from '../generation-names.ts';

/** For how long a reader holds on to what it knows of generations, in milliseconds. */
export interface HoldingTimes {
  /** After this a read has the map read again, without waiting for it. */
  readonly refresh: number;
  /** No read begins with an older map. Generations that retired are fed for much longer. */
  readonly lease: number;
  /** An answer that came with an older map is not used. */
  readonly answer: number;
  /** The map is read again this often while a change waits for the generation to come up to what was read before. */
  readonly waiting: number;
  /** How long it waits at most. */
  readonly patience: number;
}

const readersHold: HoldingTimes = {
  refresh: 1_000,
  lease: 5_000,
  answer: 15_000,
  waiting: 20,
  patience: 5_000,
};

interface Held {
  readonly map: GenerationMap;
  /** When it was asked for, by the monotonic clock. */
  readonly askedAt: number;
}

/**
 * Which generations a reader reads: what the store says, at most some seconds old. A generation that went live is
 * taken once it holds all that the reader could see of the one before, so that who has read its own writes goes on
 * reading them.
 */
export class LiveGenerations {
  readonly #client: RedisCommands;
  readonly #layout: Layout;
  readonly #nowMs: () => number;
  readonly #times: HoldingTimes;
  #held: Held | undefined;
  #refreshing: Promise<GenerationMap> | undefined;
  /** Since when a change has been waiting. */
  #waitingSince: number | undefined;

  /**
   * @param nowMs a monotonic clock.
   * @param times others only where time itself is another, in simulations.
   */
  constructor(client: RedisCommands, layout: Layout, nowMs: () => number, times: HoldingTimes = readersHold) {
    this.#client = client;
    this.#layout = layout;
    this.#nowMs = nowMs;
    this.#times = times;
  }

  /** The map to read with now; a promise when it has to be read first. */
  current(): GenerationMap | Promise<GenerationMap> {
    const held = this.#held;
    if (held === undefined) return this.#refresh();
    const age = this.#nowMs() - held.askedAt;
    if (age > this.#times.lease) return this.#refresh();
    const waiting = this.#waitingSince !== undefined;
    // A failure shows itself when the lease runs out.
    if (age > (waiting ? this.#times.waiting : this.#times.refresh)) this.#refresh().catch(() => undefined);
    return held.map;
  }

  /**
   * Reads with the current map.
   *
   * @param read has to fit the map that it is given.
   */
  async reading<T>(read: (map: GenerationMap) => Promise<T>): Promise<T> {
    for (;;) {
      const current = this.current();
      const map = current instanceof GenerationMap ? current : await current;
      const { askedAt = 0 } = this.#held ?? {};
      const answer = await read(map);
      // A process that was frozen between the two could have read what is dropped by now.
      const isOld = this.#nowMs() - askedAt > this.#times.answer;
      // The generation before may be ahead of the one that others have begun to read: they would go back.
      if (!isOld && (this.#held?.map.readsLike(map) ?? true)) return answer;
    }
  }

  #refresh(): Promise<GenerationMap> {
    return (this.#refreshing ??= guarded('tell its generations', () => this.#read()).finally(() => {
      this.#refreshing = undefined;
    }));
  }

  async #read(): Promise<GenerationMap> {
    const askedAt = this.#nowMs();
    const read = new GenerationMap(await this.#client.hgetall(this.#layout.generations));
    const held = this.#held;
    // Who has not asked for long cannot tell for how long the generation before has been retired.
    const mayWait = held !== undefined && askedAt - held.askedAt <= this.#times.lease;
    if (!mayWait) this.#waitingSince = undefined;
    const map = mayWait && !(await this.#mayChange(held.map, read)) ? held.map : read;
    this.#held = { map, askedAt };
    return map;
  }

  async #mayChange(before: GenerationMap, after: GenerationMap): Promise<boolean> {
    const topics = new Set([...before.rebuilt().keys(), ...after.rebuilt().keys()]);
    const changed = [...topics].filter((topic) => before.live(topic) !== after.live(topic));
    const since = this.#waitingSince ?? this.#nowMs();
    this.#waitingSince = undefined;
    if (changed.length === 0 || this.#nowMs() - since > this.#times.patience) return true;
    const applied = await this.#client.hgetall(this.#layout.applied);
    const reached = changed.every((topic) => {
      const old = positionsPrefix(topic, before.live(topic));
      const young = positionsPrefix(topic, after.live(topic));
      return Object.entries(applied).every(
        ([field, next]) =>
          !field.startsWith(old) || Number(applied[young + field.slice(old.length)] ?? 0) >= Number(next),
      );
    });
    if (!reached) this.#waitingSince = since;
    return reached;
  }
}
