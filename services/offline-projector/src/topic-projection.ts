import type { PartitionBatch } from '@millrace/event-log';
import type { OfflineStore } from '@millrace/offline-store';
import type { GenerationId } from '@millrace/processing';
import type { ByteBudget } from './byte-budget.ts';
import type { BatchEncoder } from './encoded-batch.ts';
import type { GroupCommit } from './group-commit.ts';

/** What projecting a topic into a generation needs. */
export interface TopicProjectionOptions {
  readonly generation: GenerationId;
  readonly store: Pick<OfflineStore, 'resumeFrom'>;
  readonly encoder: BatchEncoder;
  readonly commit: Pick<GroupCommit, 'store'>;
  /** The rows that may wait to be stored: those of this topic, and those of all. */
  readonly budgets: readonly ByteBudget[];
  /** Makes the table that rows go into; asked before the first row. @default it is there */
  prepare?(): Promise<void>;
  /** Told once of what cannot pass; nothing is stored of batches after it. */
  onFailure(error: unknown): void;
}

/** What a row takes up in memory beside the bytes of its record. */
const ROW_OVERHEAD = 64;

/**
 * Projects one topic into a generation: where to go on, and how batches get into the store. A batch is taken when it
 * is encoded and has a place among those that wait: the next ones are fetched and encoded while its rows are inserted.
 */
export class TopicProjection {
  readonly #options: TopicProjectionOptions;
  /** For each partition, the first offset that no range covers yet. */
  readonly #next = new Map<number, bigint>();
  readonly #storing = new Set<Promise<void>>();
  #prepared: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: TopicProjectionOptions) {
    this.#options = options;
  }

  /** The end of what is stored of a partition without a gap. */
  async resumeFrom(partition: number): Promise<bigint> {
    const { store, encoder, generation } = this.#options;
    await this.#prepare();
    const offset = await store.resumeFrom(generation.topic, encoder.epoch(), partition, generation.number);
    this.#next.set(partition, offset);
    return offset;
  }

  /**
   * Takes a batch; resolves when it will be stored for as long as it is not over.
   *
   * @throws what cannot pass, also of a batch before; STORE_UNAVAILABLE, REGISTRY_UNAVAILABLE
   */
  async apply(batch: PartitionBatch): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    const { partition, nextOffset } = batch;
    const [first] = batch.records;
    const firstRecord = first?.offset ?? nextOffset;
    const expected = this.#next.get(partition) ?? firstRecord;
    // Offsets between what was covered and the first record hold no record (transaction markers do that).
    const firstOffset = expected < firstRecord ? expected : firstRecord;
    if (firstOffset >= nextOffset) return;
    const release = await this.#take(batch);
    try {
      const encoded = await this.#options.encoder.encode(batch, firstOffset);
      // The records themselves are not needed any more, and hold what was fetched.
      const stored = this.#options.commit.store({ ...encoded, batch: { ...batch, records: [], bytes: 0 } });
      this.#store(stored, release);
      if (batch.isCurrent()) this.#next.set(partition, nextOffset);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Resolves when nothing waits to be stored. */
  async drained(): Promise<void> {
    while (this.#storing.size > 0) await Promise.all(this.#storing);
  }

  async #prepare(): Promise<void> {
    this.#prepared ??= this.#options.prepare?.() ?? Promise.resolve();
    try {
      await this.#prepared;
    } catch (error) {
      this.#prepared = undefined;
      throw error;
    }
  }

  async #take({ records, bytes: size, isCurrent }: PartitionBatch): Promise<() => void> {
    const bytes = size + records.length * ROW_OVERHEAD;
    const releases: (() => void)[] = [];
    const releaseAll = () => {
      for (const release of releases) release();
    };
    try {
      for (const budget of this.#options.budgets) releases.push(await budget.take(bytes, isCurrent));
      return releaseAll;
    } catch (error) {
      releaseAll();
      throw error;
    }
  }

  #store(stored: Promise<void>, release: () => void): void {
    const settled = stored
      .catch((error: unknown) => {
        if (this.#failure !== undefined) return;
        this.#failure = { error };
        this.#options.onFailure(error);
      })
      .finally(() => {
        release();
        this.#storing.delete(settled);
      });
    this.#storing.add(settled);
  }
}
