import { describeError, MillraceError } from '@millrace/kernel';
import type { EncodeRow, Outcome } from '../rows/outcome.ts';
import { type Body, readWhole } from './body-stream.ts';

/** The rows of a JSON body, and whether it asks to be atomic. */
export interface JsonRows {
  readonly rows: readonly unknown[];
  readonly atomic: boolean;
}

/**
 * Reads `{ "rows": [...], "atomic"?: true }`, an array of rows, or one row. JSON.parse and no schema after it: the rows
 * are checked by the compiled encoder, once.
 *
 * @throws MillraceError REQUEST_INVALID
 */
export function parseJsonRows(text: string): JsonRows {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new MillraceError('REQUEST_INVALID', `the body is not JSON: ${describeError(cause)}`, { cause });
  }
  if (Array.isArray(body)) return { rows: body, atomic: false };
  if (typeof body !== 'object' || body === null) {
    throw new MillraceError(
      'REQUEST_INVALID',
      'the body must be { "rows": [...] }, an array of rows, or one row',
    );
  }
  if (!('rows' in body)) return { rows: [body], atomic: false };
  const { rows, ...rest } = body;
  const { atomic = false, ...unknown } = { atomic: undefined, ...rest };
  const [stranger] = Object.keys(unknown);
  if (!Array.isArray(rows)) throw new MillraceError('REQUEST_INVALID', 'rows must be an array');
  if (typeof atomic !== 'boolean') throw new MillraceError('REQUEST_INVALID', 'atomic must be true or false');
  if (stranger !== undefined)
    throw new MillraceError('REQUEST_INVALID', `beside rows there is only atomic, not ${stranger}`);
  return { rows, atomic };
}

/** All rows of a JSON body as one chunk; `onAtomic` is told when the body asks for it. */
export async function* jsonOutcomes(
  body: Body,
  encode: EncodeRow,
  onAtomic: () => void,
): AsyncGenerator<readonly Outcome[]> {
  const { rows, atomic } = parseJsonRows((await readWhole(body)).toString('utf8'));
  if (atomic) onAtomic();
  yield rows.map(encode);
}
