export { ByteWriter } from './byte-writer.ts';
export type { RowIssue } from './issue.ts';
export {
  compileRowEncoder,
  type EncodedRow,
  type RowEncoder,
  type RowEncoderOptions,
  type RowRequest,
  tooFarAhead,
} from './row-encoder.ts';
export { encodeSource } from './source.ts';
export { suggest } from './suggest.ts';
