import type { PartitionBatch } from '@millrace/event-log';
import type { OfflineStore } from '@millrace/offline-store';
import type { BatchEncoder } from './encoded-batch.ts';
import type { GroupCommit } from './group-commit.ts';

/** Projects one topic: where to go on, and how batches get into the store. */
export class TopicProjection {
  readonly #topic: string;
  readonly #store: OfflineStore;
  readonly #encoder: BatchEncoder;
  readonly #commit: GroupCommit;
  /** For each partition, the first offset that no range covers yet. */
  readonly #next = new Map<number, bigint>();

  constructor(topic: string, store: OfflineStore, encoder: BatchEncoder, commit: GroupCommit) {
    this.#topic = topic;
    this.#store = store;
    this.#encoder = encoder;
    this.#commit = commit;
  }

  /** The end of what is stored of a partition without a gap. */
  async resumeFrom(partition: number): Promise<bigint> {
    const offset = await this.#store.resumeFrom(this.#topic, this.#encoder.epoch(), partition);
    this.#next.set(partition, offset);
    return offset;
  }

  /** Stores a batch. */
  async apply(batch: PartitionBatch): Promise<void> {
    const firstRecord = batch.records[0]?.offset ?? batch.nextOffset;
    const expected = this.#next.get(batch.partition) ?? firstRecord;
    // Offsets between what was covered and the first record hold no record (transaction markers do that).
    const firstOffset = expected < firstRecord ? expected : firstRecord;
    if (firstOffset >= batch.nextOffset) return;
    const encoded = await this.#encoder.encode(batch, firstOffset);
    await this.#commit.store(encoded);
    if (batch.isCurrent()) this.#next.set(batch.partition, batch.nextOffset);
  }
}
