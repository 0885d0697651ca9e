import type { EventId, OffsetVector, TopicSpec } from '@millrace/events';
import type { Micros, Running } from '@millrace/kernel';

/** A record as it stands in the log. */
export interface LogRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** The broker's append time, in microseconds (brokers give milliseconds). */
  readonly recordedAt: Micros;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** The dead letter that this record replays; it stands in a header, not in the value. */
  readonly replayOf?: EventId;
}

/** A record to append. Without a partition, murmur2 of the key chooses it. */
export interface RecordToAppend {
  readonly topic: string;
  readonly key: Buffer;
  readonly value: Buffer;
}

/** A record that is appended once more, as it was, and to the same partition whatever its key. */
export interface RecordToReplay {
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** The dead letter that is replayed. */
  readonly replayOf: EventId;
}

/** Where an appended record came to stand. */
export interface AppendedAt {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** Appends records. */
export interface LogWriter {
  /**
   * Appends records and answers, in their order, where each stands, only after every in-sync replica has them.
   *
   * @throws MillraceError LOG_UNAVAILABLE: some of the records may be in the log all the same.
   */
  append(records: readonly (RecordToAppend | RecordToReplay)[]): Promise<readonly AppendedAt[]>;
}

/** Records in their order. Each is made anew when somebody comes to it: what nobody keeps costs next to nothing. */
export interface LogRecords extends Iterable<LogRecord> {
  readonly length: number;
}

/** What a consumer was given of one partition in one fetch: records without a hole between them. */
export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: LogRecords;
  /** What the records take up in memory, about. */
  readonly bytes: number;
  /** One past the last offset of the partition when the batch was fetched. */
  readonly highWatermark: bigint;
  /** Offset after the last one that the batch covers, records or not (transaction markers take offsets too). */
  readonly nextOffset: bigint;
  /**
   * Whether the partition is still this consumer's, in the group generation in which the batch was fetched.
   * Checked right before an effect that a later owner could have made already.
   */
  isCurrent(): boolean;
  /**
   * Whether it never will be again: the consumer has joined anew, or stopped. One that is not current may still turn
   * out to be, as long as it is not over. What cannot tell leaves it out; then not current is over.
   */
  readonly isOver?: () => boolean;
}

/** How to consume one topic as a member of a group. */
export interface ConsumeOptions {
  readonly groupId: string;
  readonly topic: string;
  /**
   * The offset to go on from in a partition that was just assigned, asked for from the store that the consumer
   * builds; committed offsets are for lag only and never trusted.
   */
  resumeFrom(partition: number): Promise<bigint>;
  /**
   * Resolves when the next batch of the partition may come: when this one is applied, or is sure to be applied for as
   * long as it is not over. Batches of several partitions are under way at once.
   */
  onBatch(batch: PartitionBatch): Promise<void>;
  /** Called once when the consumer ends by an error that trying again cannot mend. */
  onFailure(error: unknown): void;
  /** Most bytes of one partition in one fetch. @default 4 MiB */
  readonly maxBytesPerPartition?: number;
  /** Longest wait for records, in milliseconds. @default 100 */
  readonly maxWaitMs?: number;
}

/** How to follow a topic from its beginning, as every instance does for the topics that hold state. */
export interface FollowOptions {
  readonly topic: string;
  /** Where to begin in a partition instead. @default its beginning */
  readonly from?: ReadonlyMap<number, bigint>;
  /** Called for each record, in order for each partition, one at a time; again after an error that may pass. */
  onRecord(record: LogRecord): Promise<void> | void;
  onFailure(error: unknown): void;
}

/** A topic that is being followed. */
export interface Follower {
  /** Resolves when all that the log had at the time of the call was handled; `position` asks for one record. */
  caughtUp(position?: AppendedAt): Promise<void>;
}

/** Reads the log. */
export interface LogReader {
  /** @throws MillraceError LOG_UNAVAILABLE when it cannot begin now; what comes later goes to `onFailure`. */
  consume(options: ConsumeOptions): Promise<Running<void>>;
  /** @throws MillraceError LOG_UNAVAILABLE when it cannot begin now; what comes later goes to `onFailure`. */
  follow(options: FollowOptions): Promise<Running<Follower>>;
}

/** First and next offset of a partition. */
export interface PartitionSpan {
  readonly partition: number;
  readonly first: bigint;
  /** One past the last. */
  readonly next: bigint;
}

/** Topics and offsets. */
export interface LogAdmin {
  /** Makes the topics that are not there; those that are stay as they are. */
  ensureTopics(specs: readonly TopicSpec[]): Promise<void>;
  topicNames(): Promise<readonly string[]>;
  /** @throws MillraceError LOG_UNAVAILABLE */
  spans(topic: string): Promise<readonly PartitionSpan[]>;
  /** The offsets that a group committed in a topic, by partition; for lag only. */
  committed(groupId: string, topic: string): Promise<ReadonlyMap<number, bigint>>;
  /** For a time, the last offset recorded at or before it in each partition (none: left out). */
  vectorAt(topics: readonly string[], recordedAt: Micros): Promise<OffsetVector>;
  /** One record, or undefined where there is none. */
  read(at: AppendedAt): Promise<LogRecord | undefined>;
}

/** Reads parts of the log again. */
export interface LogScanner {
  /**
   * Reads stretches of a topic once, each from `first` up to, and without, `next`, and resolves when all are read.
   * Records of one partition come in order, one call at a time. Stretches lie within {@link LogAdmin.spans}.
   *
   * @throws MillraceError LOG_UNAVAILABLE, and what `onRecords` throws.
   */
  scan(
    topic: string,
    stretches: readonly PartitionSpan[],
    onRecords: (records: readonly LogRecord[]) => Promise<void> | void,
  ): Promise<void>;
}

/** The log: all of it. */
export interface EventLog extends LogWriter, LogReader, LogAdmin {}
