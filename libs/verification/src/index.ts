export { type OffsetStretch, stretchesOf } from './conservation/stretches.ts';
export { type TopicConservation, type TopicOptions, verifyTopic } from './conservation/verify-topic.ts';
export { type RecordsParity, verifyRecords } from './deep/verify-records.ts';
export {
  type Difference,
  type DifferenceCounts,
  type DifferenceKind,
  differenceKinds,
  DifferenceTally,
  type Origin,
} from './difference.ts';
export { type KeptTopic, keptTopics } from './kept-topics.ts';
export type { VerificationParts } from './parts.ts';
export {
  type BucketOptions,
  type BucketParity,
  verifyBuckets,
  type ViewParity,
} from './parity/verify-buckets.ts';
export { wasCollected } from './parity/was-collected.ts';
export type { TopicReport, VerificationReport, ViewReport } from './report.ts';
export {
  verify,
  type VerificationProgress,
  type VerifyOptions,
} from './verify.ts';
export type { StaleView } from './stale-views.ts';
export type { Pending } from './wait.ts';
