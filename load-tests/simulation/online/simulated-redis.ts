/** A value of a hash. */
export type Value = string | Buffer;

interface Change {
  readonly key: string;
  readonly field: string;
  /** What was there before; undefined for nothing. */
  readonly before: Value | undefined;
}

/** More than this it never has to forget. */
const MOST_REMEMBERED = 200;

/**
 * What a Redis holds: hashes, and sets, which are hashes of empty values here. It remembers every change, and so can
 * forget the last ones, as a server does that comes back without its last second.
 */
export class SimulatedRedis {
  readonly #hashes = new Map<string, Map<string, Value>>();
  /** Changes by command, the last one last. */
  #commands: Change[][] = [];
  /** How often it has lost writes. */
  losses = 0;
  /** Keys that have changed since somebody cleared this. */
  readonly touched = new Set<string>();

  /** Runs a command: all of its changes are lost together, or none. */
  command<T>(run: () => T): T {
    if (this.#commands.length > 2 * MOST_REMEMBERED) this.#commands.splice(0, MOST_REMEMBERED);
    this.#commands.push([]);
    return run();
  }

  get(key: string, field: string): Value | undefined {
    return this.#hashes.get(key)?.get(field);
  }

  fields(key: string): ReadonlyMap<string, Value> {
    return this.#hashes.get(key) ?? new Map();
  }

  set(key: string, field: string, value: Value): void {
    this.#commands.at(-1)?.push({ key, field, before: this.#put(key, field, value) });
  }

  /** @returns whether there was such a field. */
  delete(key: string, field: string): boolean {
    const before = this.#put(key, field, undefined);
    if (before === undefined) return false;
    this.#commands.at(-1)?.push({ key, field, before });
    return true;
  }

  deleteAll(key: string): void {
    const fields = [...this.fields(key).keys()];
    for (const field of fields) this.delete(key, field);
  }

  /** How many commands changed something that can still be forgotten. */
  get commands(): number {
    this.#commands = this.#commands.filter((changes) => changes.length > 0);
    return this.#commands.length;
  }

  /** Forgets what the last commands did. */
  forget(commands: number): void {
    this.losses += 1;
    for (const changes of this.#commands.splice(-commands, commands).toReversed()) {
      for (const { key, field, before } of changes.toReversed()) this.#put(key, field, before);
    }
  }

  /** Forgets everything. */
  flush(): void {
    this.losses += 1;
    for (const key of this.#hashes.keys()) this.touched.add(key);
    this.#hashes.clear();
    this.#commands = [];
  }

  #put(key: string, field: string, value: Value | undefined): Value | undefined {
    this.touched.add(key);
    let hash = this.#hashes.get(key);
    const before = hash?.get(field);
    if (value === undefined) {
      hash?.delete(field);
      if (hash?.size === 0) this.#hashes.delete(key);
      return before;
    }
    if (hash === undefined) {
      hash = new Map();
      this.#hashes.set(key, hash);
    }
    hash.set(field, value);
    return before;
  }
}
