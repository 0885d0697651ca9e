export { createMillrace, type Millrace, type MillraceOptions } from './create-millrace.ts';
export type { AnyDefinition, Definitions, PlannedDefinition, RegisteredDefinition } from './definitions.ts';
export type { DeletionOf, FeatureInput, KeyOf, LooseRow, RowOf } from './feature-types.ts';
export type { FeatureWriter, FeatureWriters } from './features.ts';
export type { HttpOptions } from './http.ts';
export type { Label, LabelWriter } from './labels.ts';
export type { Model, Models, ModelVersion } from './models.ts';
export type { FeatureList, OnlineReader, ReadOptions } from './online.ts';
export type {
  EntityOf,
  FeatureStatus,
  FeatureTypesOf,
  LooseOnlineRow,
  OnlineAnswer,
  OnlineFeature,
  OnlineRow,
  Origin,
} from './online-types.ts';
export type {
  EntityKeyInput,
  Prediction,
  PredictionOutput,
  PredictionsWritten,
  PredictionWriter,
} from './predictions.ts';
export type { Snapshot, SnapshotFormat, SnapshotOfLabels, SnapshotOfSpine, Snapshots } from './snapshots.ts';
export type { TimeInput } from './time-input.ts';
export type { DriftWindow, Watermark, WindowQuery, Windows } from './windows.ts';
export {
  mergePositions,
  type Positions,
  type RejectedRow,
  type WriteOptions,
  type Written,
} from './write.ts';
export { MillraceError } from '@millrace/kernel';
