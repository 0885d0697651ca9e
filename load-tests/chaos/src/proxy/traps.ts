/** A named moment in a process' talk with a server, at which one of both can be killed. */
export const points = [
  'mid-insert',
  'inserted-not-recorded',
  'recorded-not-committed',
  'between-buckets',
  'written-not-committed',
  'acked-not-answered',
  'insert-under-way',
] as const;

/** One of {@link points}. */
export type Point = (typeof points)[number];

/** Where the taps of one process ask whether this is the moment. */
export interface Trap {
  /** Whether anybody waits for this point; a tap may look less closely when nobody does. */
  isSet(point: Point): boolean;
  /** The process is at the point. True when this is the time that was waited for; the tap then springs the trap. */
  reached(point: Point): boolean;
  /** Kills the process, or its server where the point is the server's. */
  spring(point: Point): void;
}

interface Waiting {
  skip: number;
  readonly resolve: (instance: string) => void;
}

/** Sets traps for a group of processes: the first of them that reaches the point is killed. */
export class Traps {
  readonly #waiting = new Map<Point, Waiting>();

  /** Resolves with the name of the process that was killed. @param skip how often the point is passed by first */
  set(point: Point, skip: number): Promise<string> {
    return new Promise((resolve) => {
      this.#waiting.set(point, { skip, resolve });
    });
  }

  /** Waits no longer. */
  clear(point: Point): void {
    this.#waiting.delete(point);
  }

  /** Whether somebody waits for any point. */
  get anySet(): boolean {
    return this.#waiting.size > 0;
  }

  /** The trap of one process. @param kill kills whom the point is about */
  of(instance: string, kill: (point: Point) => void): Trap {
    const sprung = new Map<Point, Waiting>();
    return {
      isSet: (point) => this.#waiting.has(point),
      reached: (point) => {
        const waiting = this.#waiting.get(point);
        if (waiting === undefined) return false;
        if (waiting.skip > 0) {
          waiting.skip -= 1;
          return false;
        }
        this.#waiting.delete(point);
        sprung.set(point, waiting);
        return true;
      },
      spring: (point) => {
        kill(point);
        sprung.get(point)?.resolve(instance);
        sprung.delete(point);
      },
    };
  }
}
