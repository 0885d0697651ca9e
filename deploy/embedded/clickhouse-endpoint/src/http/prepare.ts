import { ClickHouseError } from '../clickhouse-error.ts';
import { type Insert, parseInsert } from '../sql/insert.ts';
import { firstKeyword, parseStatement, type Statement } from '../sql/statement.ts';
import { insertJob } from './insert-job.ts';
import type { Job } from './job.ts';
import type { RequestBody } from './request-body.ts';
import { statementJob } from './statement-job.ts';

/** What preparing a statement needs to know of its request. */
export type PrepareOptions = {
  readonly spoolDirectory: string;
  readonly maxStatementBytes: number;
  /** Of a GET, which must not change anything. */
  readonly readOnly: boolean;
};

/** An INSERT's statement must end within this many bytes, as with ClickHouse's `max_query_size`. */
const headBytes = 256 * 1024;

const reading = new Set([
  'SELECT',
  'WITH',
  'FROM',
  '(',
  'SHOW',
  'DESCRIBE',
  'DESC',
  'EXPLAIN',
  'EXISTS',
  'CHECK',
  'USE',
  'SET',
]);

/** Reads a request's statement, and the rows of an INSERT to a file. Throws `ClickHouseError`. */
export async function prepare(body: RequestBody, options: PrepareOptions): Promise<Job> {
  const head = await body.peek(headBytes);
  // In Latin-1, offsets in characters and in bytes are the same, whatever binary rows follow.
  const text = head.toString('latin1');
  if (firstKeyword(text) === 'INSERT') {
    if (options.readOnly) throw readOnlyRequest();
    const insert = parseInsert(text);
    if (insert.kind !== 'plain-insert') {
      return insertJob(asUtf8(insert), body, options.spoolDirectory);
    }
  }
  const whole = await body.peek(options.maxStatementBytes + 1);
  if (whole.length > options.maxStatementBytes) {
    throw new ClickHouseError(
      229,
      'QUERY_IS_TOO_LARGE',
      `The statement is longer than ${options.maxStatementBytes} bytes`,
    );
  }
  const statement = parseStatement(whole.toString('utf8'));
  check(statement, options.readOnly);
  return statementJob(whole.toString('utf8'), statement);
}

function check(statement: Statement, readOnly: boolean): void {
  if (statement.keyword === '') throw new ClickHouseError(62, 'SYNTAX_ERROR', 'Syntax error: Empty query');
  if (statement.isMultiple)
    throw new ClickHouseError(62, 'SYNTAX_ERROR', 'Syntax error: Multi-statements are not allowed');
  if (statement.writesOutfile) {
    throw new ClickHouseError(358, 'INTO_OUTFILE_NOT_ALLOWED', 'INTO OUTFILE is not allowed');
  }
  if (statement.readsInfile) {
    throw new ClickHouseError(
      78,
      'UNKNOWN_TYPE_OF_QUERY',
      'FROM INFILE is for clients: send the rows in the body',
    );
  }
  if (readOnly && !reading.has(statement.keyword)) throw readOnlyRequest();
}

function readOnlyRequest(): ClickHouseError {
  return new ClickHouseError(
    164,
    'READONLY',
    'Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. You should use method POST for modifying queries',
  );
}

/** The parts of an INSERT were cut from Latin-1 text. */
function asUtf8<T extends Insert>(insert: T): T {
  const copy = { ...insert };
  for (const [key, value] of Object.entries(copy)) {
    if (typeof value === 'string')
      Object.assign(copy, { [key]: Buffer.from(value, 'latin1').toString('utf8') });
  }
  return copy;
}
