import type { ErrorCode } from '@millrace/kernel';

/** One rule that a row breaks. */
export interface RowIssue {
  /** The field, with the place in an array where there is one: `tags[2]`. Empty for the row itself. */
  readonly path: string;
  readonly code: ErrorCode;
  /** The rule, as a sentence about the field. */
  readonly message: string;
}

/** Takes in the issues of one row. */
export type ReportIssue = (path: string, code: ErrorCode, message: string) => void;

const SHOWN = 60;

/** A refused value for people: short, and never the whole of a long one. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'bigint') return `${value}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'string' && value.length > SHOWN) return `${JSON.stringify(value.slice(0, SHOWN))}…`;
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}
