import type { Micros } from '@millrace/kernel';
import type { RetrainingPolicy } from '@millrace/model-lifecycle';
import type { DriftThresholds } from '@millrace/statistics';

/** What a monitor watches: the rows of a feature view by their event time, or what a model was served and answered. */
export type SubjectKind = 'feature-view' | 'model';

/** What windows are held against. Resolved once, then fixed and part of every result. */
export type ReferenceChoice =
  | { readonly kind: 'period'; readonly start: Micros; readonly end: Micros }
  | { readonly kind: 'first-windows'; readonly count: number };

/** A monitor with every option decided. */
export interface Monitor {
  readonly name: string;
  readonly subjectKind: SubjectKind;
  readonly subject: string;
  readonly windowSize: Micros;
  readonly allowedLateness: Micros;
  readonly reference: ReferenceChoice;
  /** Numeric bins that the reference is cut into. */
  readonly bins: number;
  readonly thresholds: DriftThresholds;
  /** Null: its windows raise no retraining request. */
  readonly policy: RetrainingPolicy | null;
}
