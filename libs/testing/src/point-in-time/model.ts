import type { EventId, KeyColumns, KeyValue } from '@millrace/events';
import type { FeatureType, FeatureValue } from '@millrace/feature-registry';
import type { Micros } from '@millrace/kernel';

/** A row of a view in the log. */
export interface CaseRecord {
  readonly eventId: EventId;
  readonly key: Readonly<Record<string, KeyValue>>;
  readonly eventTime: Micros;
  readonly partition: number;
  readonly offset: bigint;
  /** Null for a deletion. A feature that is not named was not in the record's schema. */
  readonly values: Readonly<Record<string, FeatureValue>> | null;
}

/** A row of a spine: an entity, and the time of its label. */
export interface CaseSpineRow {
  readonly key: Readonly<Record<string, KeyValue | null>>;
  readonly time: Micros;
}

/** How a value was found. */
export type CaseStatus = 'PRESENT' | 'NULL_VALUE' | 'NOT_FOUND' | 'OUTSIDE_MAX_AGE';

/** What a spine row gets for one feature. */
export interface CaseAnswer {
  readonly status: CaseStatus;
  readonly value: FeatureValue;
}

/** Records of one view, and what to ask of them. */
export interface CaseQuestion {
  readonly keys: KeyColumns;
  readonly features: Readonly<Record<string, FeatureType>>;
  /** Microseconds, or null for any age. */
  readonly ttl: Micros | null;
  /** In the order in which the log has them. */
  readonly records: readonly CaseRecord[];
  readonly spine: readonly CaseSpineRow[];
  /** The last offset of each partition that is known; everything when left out. */
  readonly known?: Readonly<Record<string, bigint>>;
  /** Whether a value at the very time of the label is too late. @default false */
  readonly strict?: boolean;
}

/** A case of `point-in-time.md`, by its number there. */
export interface PointInTimeCase extends CaseQuestion {
  readonly number: number;
  readonly name: string;
  /** For each spine row, the values by feature. */
  readonly expected: readonly Readonly<Record<string, CaseAnswer>>[];
}
