export { ByteWriter } from './byte-writer.ts';
export { checkEventTime } from './event-time.ts';
export type { RowIssue } from './issue.ts';
export {
  compileRowEncoder,
  type EncodedRow,
  type RowEncoder,
  type RowEncoderOptions,
  type RowRequest,
  tooFarAhead,
} from './row-encoder.ts';
export { type RowFeature, rowFeatures } from './row-features.ts';
export { compileRowHead, type RowHead, type RowHeadReader } from './row-head.ts';
export { compileRowWalk, type FeatureSteps, type RowStep, type RowVisitor } from './row-walk.ts';
export { encodeSource } from './source.ts';
export { suggest } from './suggest.ts';
export { type ArrayForm, arrayForm, checkScalar, type ScalarForm, scalarForm } from './value-form.ts';
