export { pointInTimeCases } from './cases.ts';
export type {
  CaseAnswer,
  CaseQuestion,
  CaseRecord,
  CaseSpineRow,
  CaseStatus,
  PointInTimeCase,
} from './model.ts';
export { pointInTimeOracle } from './oracle.ts';
