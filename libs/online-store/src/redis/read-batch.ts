import type { EntityRead, StoredRow } from '../port.ts';

/** The rows of one entity, in the order of the views that were asked for. */
export type Rows = readonly (StoredRow | undefined)[];

/** Reads rows of entities that all ask for the same views. */
export type ReadSameViews = (reads: readonly EntityRead[]) => Promise<readonly Rows[]>;

/** From this many entities on, a read does not wait for others. */
const LARGE = 32;

interface Pending {
  readonly reads: readonly EntityRead[];
  readonly resolve: (rows: readonly Rows[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Puts the reads of one turn of the event loop together: the requests that came in at once share a command, a
 * write to the socket and a reply, each of which costs more than the rows of one entity.
 */
export class ReadBatch {
  readonly #read: ReadSameViews;
  readonly #most: number;
  readonly #soon: (run: () => void) => void;
  #pending: Pending[] = [];

  /**
   * @param most entities in one command.
   * @param soon runs something at the end of the turn.
   */
  constructor(read: ReadSameViews, most: number, soon: (run: () => void) => void = setImmediate) {
    this.#read = read;
    this.#most = most;
    this.#soon = soon;
  }

  /** Resolves with the rows of each read, in order. Rejects as the command that was to bring any of them. */
  read(reads: readonly EntityRead[]): Promise<readonly Rows[]> {
    // Those fill a command of their own; in one with others, all would wait for the last row of all.
    if (reads.length >= LARGE) return this.#readAll(reads);
    return new Promise((resolve, reject) => {
      if (this.#pending.length === 0) this.#soon(() => this.#flush());
      this.#pending.push({ reads, resolve, reject });
    });
  }

  #flush(): void {
    const pending = this.#pending;
    this.#pending = [];
    const all = pending.length === 1 ? (pending[0]?.reads ?? []) : pending.flatMap(({ reads }) => reads);
    this.#readAll(all).then(
      (rows) => {
        let from = 0;
        for (const { reads, resolve } of pending) {
          resolve(reads.length === rows.length ? rows : rows.slice(from, from + reads.length));
          from += reads.length;
        }
      },
      (error: unknown) => {
        for (const { reject } of pending) reject(error);
      },
    );
  }

  async #readAll(all: readonly EntityRead[]): Promise<readonly Rows[]> {
    const views = all[0]?.views;
    // Nearly always: one service is read, by one entity key, and it names its views in one list.
    if (all.length <= this.#most && all.every((read) => read.views === views)) return this.#read(all);
    const groups = Map.groupBy(all.keys(), (index) => all[index]?.views.join(',') ?? '');
    const rows: Rows[] = new Array(all.length);
    await Promise.all(
      [...groups.values()].flatMap((indexes) =>
        chunks(indexes, this.#most).map(async (chunk) => {
          const found = await this.#read(chunk.flatMap((index) => all[index] ?? []));
          chunk.forEach((index, at) => {
            rows[index] = found[at] ?? [];
          });
        }),
      ),
    );
    return rows;
  }
}

function chunks<T>(items: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / most) }, (_, index) =>
    items.slice(index * most, (index + 1) * most),
  );
}
