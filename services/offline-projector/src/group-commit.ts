import type { DeadLetters } from '@millrace/processing';
import type { OfflineStore, RowBlock } from '@millrace/offline-store';
import type { EncodedBatch } from './encoded-batch.ts';
import type { OfflineProjectorMetrics } from './metrics.ts';
import { blocksOf } from './row-sections.ts';

/** What storing batches needs. */
export interface GroupCommitOptions {
  readonly store: OfflineStore;
  readonly deadLetters: DeadLetters;
  readonly metrics: OfflineProjectorMetrics;
  /** Milliseconds that batches at the end of the log wait for others. */
  readonly lingerMs: number;
}

interface Waiting {
  readonly encoded: EncodedBatch;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Stores the batches of one topic, those of several partitions with one insert. Behind the end of the log a
 * commit starts as soon as the one before is done, and takes what has come together by then; at the end of the
 * log it waits a little, so that single rows don't each make a part.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #committing = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /** Resolves when the batch is stored, or when it is not this consumer's any more. */
  store(encoded: EncodedBatch): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ encoded, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#committing || this.#waiting.length === 0) return;
    const isBehind = this.#waiting.some(({ encoded: { batch } }) => batch.nextOffset < batch.highWatermark);
    if (isBehind) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      void this.#commit();
    } else {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        void this.#commit();
      }, this.#options.lingerMs);
    }
  }

  async #commit(): Promise<void> {
    if (this.#committing) return;
    this.#committing = true;
    const group = this.#waiting;
    this.#waiting = [];
    try {
      await this.#write(group.map(({ encoded }) => encoded));
      for (const { resolve } of group) resolve();
    } catch (error) {
      for (const { reject } of group) reject(error);
    } finally {
      this.#committing = false;
      this.#schedule();
    }
  }

  async #write(group: readonly EncodedBatch[]): Promise<void> {
    const { store, deadLetters, metrics } = this.#options;
    // A later owner may have stored more by now; rows are idempotent, but nothing is written that needs not be.
    const current = group.filter(({ batch }) => batch.isCurrent());
    if (current.length === 0) return;
    const sections = current.flatMap((encoded) => encoded.sections);
    for (const block of blocksOf(sections, tokenOf(current))) await this.#insert(block);
    const letters = current.flatMap((encoded) => encoded.letters);
    if (letters.length > 0) await deadLetters.write(letters);
    await store.recordApplied(current.map(({ range }) => range));
    for (const { range, batch } of current) {
      metrics.rows.inc({ topic: range.topic }, range.rows);
      metrics.deadLetters.inc({ topic: range.topic }, range.deadLetters);
      const lag = Number(batch.highWatermark - batch.nextOffset);
      metrics.lag.set({ topic: range.topic, partition: range.partition }, Math.max(0, lag));
    }
  }

  async #insert(block: RowBlock): Promise<void> {
    const { store, metrics } = this.#options;
    const done = metrics.insertSeconds.startTimer();
    await store.insert(block);
    done();
    metrics.insertRows.observe(block.rows);
  }
}

/** Names what a group holds: the same records give the same token, other records another one. */
function tokenOf(group: readonly EncodedBatch[]): string {
  return group
    .map(
      ({ range }) =>
        `${range.topic}/${range.epoch}/${range.partition}:${range.firstOffset}-${range.lastOffset}`,
    )
    .join(',');
}
