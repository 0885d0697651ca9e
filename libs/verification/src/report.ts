import type { OffsetVector } from '@millrace/events';
import type { Difference, DifferenceCounts } from './difference.ts';
import type { StaleView } from './stale-views.ts';
import type { Pending } from './wait.ts';

/** What was checked of one topic. */
export interface TopicReport {
  readonly topic: string;
  /** Offsets in the log that were checked. */
  readonly offsets: number;
  /** Offsets that have a row. */
  readonly rows: number;
  /** Offsets that have a dead letter and no row. */
  readonly deadLetters: number;
  /** Offsets at which the log holds no record. */
  readonly empty: number;
  /** Events that the view for analysts shows; null where it was not asked. */
  readonly events: number | null;
  readonly counts: DifferenceCounts;
}

/** What was compared of one feature view. */
export interface ViewReport {
  readonly view: string;
  readonly entities: number;
  readonly values: number;
  /** Keys whose newest row the online store has let go, as it may. */
  readonly collected: number;
}

/** The result of a verification. */
export interface VerificationReport {
  /** `equal`: proved. `different`: something is wrong. `not-reached`: what was checked is right, but not all could be. */
  readonly outcome: 'equal' | 'different' | 'not-reached';
  /** What the log had when the verification began, and both stores had to have: the last offsets. */
  readonly log: OffsetVector;
  readonly conservation: {
    readonly topics: readonly TopicReport[];
    readonly differences: number;
    readonly counts: DifferenceCounts;
  };
  readonly parity: {
    readonly buckets: number;
    readonly views: readonly ViewReport[];
    readonly differences: number;
    readonly counts: DifferenceCounts;
  };
  /** Rows of feature views that were compared with their records; null where that was not asked for. */
  readonly records: {
    readonly rows: number;
    readonly differences: number;
    readonly counts: DifferenceCounts;
  } | null;
  /** All differences by kind. */
  readonly counts: DifferenceCounts;
  /** The first of them. */
  readonly differences: readonly Difference[];
  readonly pending: readonly Pending[];
  /** Views for analysts that do not show the live generation of their topic. */
  readonly stale: readonly StaleView[];
  readonly seconds: number;
}
