import type { Position } from '@millrace/events';
import type { FeatureType, FeatureValue } from '@millrace/feature-registry';
import type { Micros } from '@millrace/kernel';

/**
 * What became of a feature in a read.
 *
 * - `PRESENT`: its value is given.
 * - `NULL_VALUE`: null was written.
 * - `NOT_FOUND`: there is no row, it was deleted, or it was written with a schema that did not have the feature.
 * - `OUTSIDE_MAX_AGE`: the newest row is older than the view's TTL.
 */
export type FeatureStatus = 'PRESENT' | 'NULL_VALUE' | 'NOT_FOUND' | 'OUTSIDE_MAX_AGE';

/** What became of a whole view in a read. */
export type ViewStatus = Exclude<FeatureStatus, 'NULL_VALUE'>;

/** The row of one view that an answer came from. */
export interface ServedRow {
  /** The view's name in the service, or its alias. */
  readonly name: string;
  readonly view: string;
  readonly status: ViewStatus;
  /** Of the row; null when nothing was found. */
  readonly eventTime: Micros | null;
  readonly topic: string;
  /** Where the row is in the topic; null when nothing was found. */
  readonly position: Position | null;
}

/** The features of one entity of the request. Values and statuses stand in the order of the answer's features. */
export interface EntityAnswer {
  /** Null unless the status is `PRESENT`. */
  readonly values: readonly FeatureValue[];
  readonly statuses: readonly FeatureStatus[];
  /** The row of each view, in the order of the service; empty unless origins were asked for. */
  readonly rows: readonly ServedRow[];
}

/** The answer to a read of a feature service. */
export interface ServiceAnswer {
  /** `view__feature` or `alias__feature`, and types. */
  readonly features: readonly { readonly name: string; readonly type: FeatureType }[];
  /** The time that the TTL was applied for. */
  readonly at: Micros;
  /** In the order of the request. */
  readonly entities: readonly EntityAnswer[];
}
