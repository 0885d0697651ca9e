/** Points the names that analysts use at the live generation of each topic. */
export class SettledNames {
  readonly #live: (topic: string) => Promise<number>;
  readonly #point: (topic: string, generation: number) => Promise<void>;
  readonly #settled = new Map<string, number>();

  /** @param point makes a topic's names lead to a generation. */
  constructor(
    live: (topic: string) => Promise<number>,
    point: (topic: string, generation: number) => Promise<void>,
  ) {
    this.#live = live;
    this.#point = point;
  }

  /** Settles the topics whose names were not seen to point at their live generation. */
  async settleChanged(live: ReadonlyMap<string, number>): Promise<void> {
    for (const [topic, generation] of live) {
      if (this.#settled.get(topic) !== generation) await this.settle(topic);
    }
  }

  /**
   * Points the names of a topic at its live generation. Whoever writes last looks once more afterwards, so that of
   * two at once neither can leave the names behind.
   */
  async settle(topic: string): Promise<void> {
    for (;;) {
      const generation = await this.#live(topic);
      await this.#point(topic, generation);
      this.#settled.set(topic, generation);
      if ((await this.#live(topic)) === generation) return;
    }
  }
}
