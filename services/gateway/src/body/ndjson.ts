import { describeError, err } from '@millrace/kernel';
import type { EncodeRow, Outcome } from '../rows/outcome.ts';
import { type Body, readPieces, tooLarge } from './body-stream.ts';

const NEWLINE = 0x0a;
const CHUNK_ROWS = 1000;

/** The rows of an NDJSON body, line by line, in chunks that need not wait for its end. Blank lines are no rows. */
export async function* ndjsonOutcomes(body: Body, encode: EncodeRow): AsyncGenerator<readonly Outcome[]> {
  let index = 0;
  let outcomes: Outcome[] = [];
  let taken = 0;
  const take = (line: string) => {
    if (line.trim() !== '') outcomes.push(readLine(line, index++, encode));
  };
  for await (const lines of wholeLines(body)) {
    taken += lines.length;
    for (const line of lines.toString('utf8').split('\n')) take(line);
    if (outcomes.length < CHUNK_ROWS) continue;
    yield outcomes;
    outcomes = [];
    body.reservation.shrink(taken);
    taken = 0;
  }
  yield outcomes;
}

/** Pieces that end where a line ends. Cut as bytes: a letter of several bytes may stand across two pieces. */
async function* wholeLines(body: Body): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let waiting = 0;
  for await (const piece of readPieces(body)) {
    const end = piece.lastIndexOf(NEWLINE);
    if (end < 0) {
      parts.push(piece);
      waiting += piece.length;
      if (waiting > body.maxBytes) tooLarge(body.maxBytes);
      continue;
    }
    const whole = piece.subarray(0, end);
    yield parts.length === 0 ? whole : Buffer.concat([...parts, whole]);
    parts = [piece.subarray(end + 1)];
    waiting = parts[0]?.length ?? 0;
  }
  yield Buffer.concat(parts);
}

function readLine(line: string, index: number, encode: EncodeRow): Outcome {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch (cause) {
    return err([
      { path: '', code: 'REQUEST_INVALID', message: `the line is not JSON: ${describeError(cause)}` },
    ]);
  }
  return encode(row, index);
}
