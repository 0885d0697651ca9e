import type { FeatureStatus } from '@millrace/online-store';
import type { FeatureType, ResolvedFeature } from '@millrace/feature-registry';
import { type JsonBytes, type Piece, pieceOf } from './json-bytes.ts';

/** JSON text behind a status: event time and place in the log, or nothing. */
export type Origin = string;

/** A feature of an answer, and the text before its value. */
export interface FeatureTexts {
  readonly feature: string;
  readonly type: FeatureType;
  /** `"view__feature":{"value":`, with a comma before all but the first of the answer. */
  readonly start: Piece;
}

const END = '}'.charCodeAt(0);

const present = pieceOf(',"status":"PRESENT"');
const withoutValue: Readonly<Record<Exclude<FeatureStatus, 'PRESENT'>, Piece>> = {
  NULL_VALUE: pieceOf('null,"status":"NULL_VALUE"'),
  NOT_FOUND: pieceOf('null,"status":"NOT_FOUND"'),
  OUTSIDE_MAX_AGE: pieceOf('null,"status":"OUTSIDE_MAX_AGE"'),
};

/** Prepares the texts of a feature. */
export function featureTexts({ feature, name, type }: ResolvedFeature, isFirst: boolean): FeatureTexts {
  const start = pieceOf(`${isFirst ? '' : ','}${JSON.stringify(name)}:{"value":`);
  return { feature, type, start };
}

/** Ends a feature whose value was written. */
export function endPresent(origin: Origin, into: JsonBytes): void {
  into.piece(present);
  end(origin, into);
}

/** Ends a feature after its start: there is no value. */
export function endWithout(status: Exclude<FeatureStatus, 'PRESENT'>, origin: Origin, into: JsonBytes): void {
  into.piece(withoutValue[status]);
  end(origin, into);
}

function end(origin: Origin, into: JsonBytes): void {
  if (origin !== '') into.text(origin);
  into.byte(END);
}
