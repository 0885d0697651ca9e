export type { Decider, Refusal } from './decider.ts';
export { type ModelRefusalCode, modelDecider } from './model.ts';
export type {
  ModelCommand,
  ModelEvent,
  RegisterModelVersion,
  ReleaseModel,
  RollBackModel,
} from './model-commands.ts';
export {
  type AliasState,
  evolveModel,
  initialModelState,
  type ModelState,
  versionBehind,
} from './model-state.ts';
export {
  type DriftEvidence,
  type RequestRetraining,
  retrainingDecider,
  type RetrainingPolicy,
  type RetrainingRefusalCode,
  retrainingRequestId,
  type RetrainingState,
  type TrainingInputs,
} from './retraining.ts';
