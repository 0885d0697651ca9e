import { MillraceError, type Timers } from '@millrace/kernel';

/** Gives back what was taken; to be called once. */
export type Release = () => void;

/** How long whoever waits is held to still want it, in milliseconds. */
const WANTED_MS = 200;

interface Waiting {
  readonly bytes: number;
  grant(): void;
}

/**
 * Bytes that may be in memory at once. Whoever wants more than is left waits for its turn, and one that alone is
 * larger than the whole gets it when nothing else is taken.
 */
export class ByteBudget {
  readonly #limit: number;
  readonly #timers: Timers;
  readonly #waiting: Waiting[] = [];
  #taken = 0;

  constructor(limit: number, timers: Timers) {
    this.#limit = limit;
    this.#timers = timers;
  }

  /** Bytes that are taken now. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * Resolves when the bytes are taken.
   *
   * @param isWanted looked at while it waits: what holds the bytes may itself wait for this one to give up.
   * @throws MillraceError STORE_UNAVAILABLE when they are not wanted any more.
   */
  async take(bytes: number, isWanted: () => boolean): Promise<Release> {
    if (this.#waiting.length > 0 || !this.#fits(bytes)) await this.#wait(bytes, isWanted);
    else this.#taken += bytes;
    return () => {
      this.#taken -= bytes;
      this.#grantNext();
    };
  }

  #wait(bytes: number, isWanted: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = this.#timers.every(WANTED_MS, () => {
        if (isWanted()) return;
        stop();
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        this.#grantNext();
        reject(
          new MillraceError('STORE_UNAVAILABLE', 'rows wait to be stored, and there is no room for more'),
        );
      });
      const waiting: Waiting = {
        bytes,
        grant() {
          stop();
          resolve();
        },
      };
      this.#waiting.push(waiting);
    });
  }

  #fits(bytes: number): boolean {
    return this.#taken === 0 || this.#taken + bytes <= this.#limit;
  }

  #grantNext(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || !this.#fits(next.bytes)) return;
      this.#waiting.shift();
      this.#taken += next.bytes;
      next.grant();
    }
  }
}
