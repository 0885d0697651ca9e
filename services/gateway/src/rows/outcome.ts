import type { RecordToAppend } from '@millrace/event-log';
import type { RowIssue } from '@millrace/feature-registry/row';
import type { Result } from '@millrace/kernel';

/** What became of one row: a record for the log, or the rules that it breaks. */
export type Outcome = Result<RecordToAppend, readonly RowIssue[]>;

/** Turns the row at an index of the request, as JSON gives it, into an outcome. */
export type EncodeRow = (row: unknown, index: number) => Outcome;
