import { MAX_BLOCK_ROWS } from '@millrace/offline-store';
import type { EncodedBatch } from './encoded-batch.ts';
import { type PendingBatch, standingOf } from './pending-batch.ts';
import { insertRows, recordApplied, type StoreGroupOptions } from './store-group.ts';

/** How batches are stored. */
export interface GroupCommitOptions extends StoreGroupOptions {
  /** Milliseconds that batches at the end of the log wait for others. */
  readonly lingerMs: number;
}

/** Milliseconds until batches that may be this consumer's still are looked at again. */
const OPEN_MS = 200;

/**
 * Stores the batches of one generation of a topic, those of several partitions with one insert. Behind the end of the
 * log a commit starts as soon as the rows of the one before are stored, and takes what has come together by then; at
 * the end of the log it waits a little, so that single rows don't each make a part.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #waiting: PendingBatch[] = [];
  #timer: { readonly delay: number; cancel(): void } | undefined;
  #inserting = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the batch is stored, or never will be this consumer's again. What fails for now is tried again for
   * as long as the batch may be this consumer's.
   *
   * @throws what cannot pass.
   */
  store(encoded: EncodedBatch): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ encoded, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    this.#dropOver();
    if (this.#inserting || this.#waiting.length === 0) return;
    const delay = this.#delay();
    if (this.#timer !== undefined && this.#timer.delay <= delay) return;
    this.#timer?.cancel();
    const cancel = this.#options.timers.after(delay, () => {
      this.#timer = undefined;
      void this.#commit();
    });
    this.#timer = { delay, cancel };
  }

  #delay(): number {
    const current = this.#waiting.filter((pending) => standingOf(pending) === 'current');
    if (current.length === 0) return OPEN_MS;
    const isBehind = current.some(({ encoded: { batch } }) => batch.nextOffset < batch.highWatermark);
    // The batches of one fetch come right after each other: those behind the end wait for their turn of the loop.
    return isBehind ? 0 : this.#options.lingerMs;
  }

  #dropOver(): void {
    this.#waiting = this.#waiting.filter((pending) => {
      if (standingOf(pending) !== 'over') return true;
      pending.resolve();
      return false;
    });
  }

  async #commit(): Promise<void> {
    this.#inserting = true;
    const group = this.#takeGroup();
    try {
      const inserted = await insertRows(this.#options, group);
      // While the dead letters and ranges of a group are written, the rows of the next one may go.
      if (inserted.length > 0) void this.#finish(inserted);
      this.#waiting.unshift(...group.filter((pending) => !inserted.includes(pending)));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
    this.#inserting = false;
    this.#schedule();
  }

  /** As many batches as go into one block, at least one of those that may be stored. */
  #takeGroup(): readonly PendingBatch[] {
    const group: PendingBatch[] = [];
    const left: PendingBatch[] = [];
    let rows = 0;
    for (const pending of this.#waiting) {
      const more = rows + pending.encoded.range.rows;
      const fits = group.length === 0 || more <= MAX_BLOCK_ROWS;
      if (!fits || standingOf(pending) !== 'current') left.push(pending);
      else {
        group.push(pending);
        rows = more;
      }
    }
    this.#waiting = left;
    return group;
  }

  async #finish(group: readonly PendingBatch[]): Promise<void> {
    try {
      await recordApplied(this.#options, group);
      for (const { resolve } of group) resolve();
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
