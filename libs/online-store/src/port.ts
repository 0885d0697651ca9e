import type { EventId, OffsetVector, Position } from '@millrace/events';
import type { Micros } from '@millrace/kernel';
import type { GenerationId, Generations } from '@millrace/processing';
import type { CollectionTime } from './may-be-collected.ts';

/** Which row is meant: the row of one view of one entity. */
export interface RowAddress {
  /** The name of the entity, such as `airport`. */
  readonly entity: string;
  /** The entity key as `KeyCodec` encodes it. */
  readonly key: Buffer;
  readonly view: string;
}

/** A row as the store keeps it: the newest event of a view for one entity key. */
export interface StoredRow {
  readonly eventTime: Micros;
  readonly position: Position;
  readonly eventId: EventId;
  /** When the log took the record in. */
  readonly recordedAt: Micros;
  /** The record value as it came, framed; null for a deletion. */
  readonly value: Buffer | null;
}

/** A row to write. */
export interface OnlineRow extends RowAddress, StoredRow {}

/** A partition of a topic, as it is projected into one generation of the store. */
export interface TopicPartition {
  readonly topic: string;
  /** See `Generation` of `@millrace/processing`. */
  readonly generation: number;
  readonly partition: number;
}

/** How far a batch reaches in its partition: every record before `nextOffset` has been written with it. */
export interface BatchEnd extends TopicPartition {
  readonly nextOffset: bigint;
}

/** The rows of one entity to read. */
export interface EntityRead {
  readonly entity: string;
  readonly key: Buffer;
  readonly views: readonly string[];
}

/** What a write did. */
export interface WriteResult {
  /** Rows that are now the newest of their view and entity key. */
  readonly changed: number;
}

/** One of the {@link BUCKETS} parts of the store, read at one instant. */
export interface BucketContents {
  /** For each `topic:partition`, the offset before which every record of this bucket is in its rows. */
  readonly nextOffsets: ReadonlyMap<string, bigint>;
  readonly rows: readonly OnlineRow[];
}

/** Writes the store; what the projector needs. */
export interface OnlineStoreWriter {
  /**
   * The offset from which a partition has to be read so that nothing is missing here, by what the store itself
   * says: 0 when it is empty or has lost a bucket. Called before the first `write` of a partition, and again
   * after a `STORE_LOST_WRITES`; the vector of {@link OnlineStoreReader.applied} then starts again from there.
   *
   * @throws MillraceError STORE_UNAVAILABLE
   */
  resumeFrom(from: TopicPartition): Promise<bigint>;
  /**
   * Takes in rows of one partition. The greatest by `(eventTime, position)` wins, where the position of an
   * event id is its smallest; so rows may come in any order, in any batches and more than once. Rows and the
   * position of their bucket change in one atomic step, one bucket after the other. Resolves when all are in.
   *
   * @throws MillraceError STORE_UNAVAILABLE: part of the rows may be in; writing again is harmless.
   * @throws MillraceError STORE_LOST_WRITES when a bucket is behind what this writer had written to it before:
   *   ask {@link resumeFrom} and read from there.
   */
  write(rows: readonly OnlineRow[], end: BatchEnd): Promise<WriteResult>;
  /**
   * Tells every bucket how far each partition has been applied, also those that had no rows lately, so that
   * the next start resumes near the end.
   *
   * @throws MillraceError STORE_UNAVAILABLE, STORE_LOST_WRITES with `details` topic and partition
   */
  checkpoint(): Promise<void>;
  /** Leaves a generation out of checkpoints: nothing more is written into it here. */
  release(generation: GenerationId): void;
}

/** Rows that become out of date. */
export interface ExpiringView {
  readonly entity: string;
  readonly view: string;
  readonly ttl: Micros;
}

/** Keeps the store from growing for ever. */
export interface OnlineStoreCollector {
  /**
   * Forgets the rows of a bucket of which `mayBeCollected` says so, in all generations.
   *
   * @returns how many.
   * @throws MillraceError STORE_UNAVAILABLE: part of them may be gone; calling again is harmless.
   */
  collect(bucket: number, views: readonly ExpiringView[], time: CollectionTime): Promise<number>;
}

/** Reads the store: of each topic and its view the generation that is live. */
export interface OnlineStoreReader {
  /**
   * The newest rows of entities, in the order of the reads and their views; undefined where nothing was ever
   * written. Deletions are rows here. No TTL is applied.
   *
   * @throws MillraceError STORE_UNAVAILABLE
   */
  read(reads: readonly EntityRead[]): Promise<readonly (readonly (StoredRow | undefined)[])[]>;
  /** The last offset of each partition that is applied in every bucket, with all before it. */
  applied(): Promise<OffsetVector>;
  /** Resolves to true as soon as every record at or below these offsets is applied, or to false at the time limit. */
  waitFor(minPositions: OffsetVector, timeoutMs: number): Promise<boolean>;
  /** A bucket, 0 to 1,023, rows and positions of one instant. */
  readBucket(bucket: number): Promise<BucketContents>;
}

/** The online store: the newest row of each view and entity key. */
export interface OnlineStore extends OnlineStoreWriter, OnlineStoreReader, OnlineStoreCollector {
  readonly generations: Generations;
}
