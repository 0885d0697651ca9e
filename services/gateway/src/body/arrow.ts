import { describeError, MillraceError } from '@millrace/kernel';
import { type RecordBatch, RecordBatchReader } from 'apache-arrow';
import { arrowCells, type ReadCell } from './arrow-cells.ts';
import { type Body, readPieces } from './body-stream.ts';
import type { Outcome } from '../rows/outcome.ts';

/** Takes the values of a row in the order of `columns`. */
export interface CellEncoder {
  readonly columns: readonly string[];
  encode(cells: readonly unknown[], index: number): Outcome;
}

/**
 * The rows of an Arrow stream, one chunk for each record batch.
 *
 * @throws MillraceError FIELD_UNKNOWN for a column that the view does not have, MEDIA_TYPE_UNSUPPORTED for compressed
 * batches, REQUEST_INVALID for what is not an Arrow stream.
 */
export async function* arrowOutcomes(body: Body, encoder: CellEncoder): AsyncGenerator<readonly Outcome[]> {
  let taken = 0;
  let index = 0;
  const pieces = counted(readPieces(body), (bytes) => void (taken += bytes));
  for await (const batch of readBatches(pieces)) {
    const readers = columnReaders(batch, encoder.columns);
    const cells: unknown[] = readers.map(() => undefined);
    const outcomes: Outcome[] = [];
    for (let row = 0; row < batch.numRows; row++) {
      for (let column = 0; column < readers.length; column++) cells[column] = readers[column]?.(row);
      outcomes.push(encoder.encode(cells, index++));
    }
    yield outcomes;
    body.reservation.shrink(taken);
    taken = 0;
  }
}

async function* counted(
  pieces: AsyncIterable<Buffer>,
  count: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    count(piece.length);
    yield piece;
  }
}

async function* readBatches(pieces: AsyncIterable<Buffer>): AsyncGenerator<RecordBatch> {
  try {
    const reader = await RecordBatchReader.from(pieces);
    await reader.open();
    // A body that is no Arrow stream opens as a reader without a schema and without batches.
    if (reader.schema === undefined) throw new Error('it has no schema');
    for await (const batch of reader) yield batch;
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    const reason = describeError(cause);
    throw reason.includes('compress')
      ? new MillraceError(
          'MEDIA_TYPE_UNSUPPORTED',
          'compressed Arrow batches are not read here: write without compression (pyarrow: IpcWriteOptions(compression=None); ClickHouse: output_format_arrow_compression_method=none)',
          { cause },
        )
      : new MillraceError('REQUEST_INVALID', `the body is not an Arrow stream: ${reason}`, { cause });
  }
}

function columnReaders(batch: RecordBatch, columns: readonly string[]): ReadCell[] {
  const names = batch.schema.fields.map(({ name }) => name);
  const unknown = names.filter((name) => !columns.includes(name));
  if (unknown.length > 0) {
    throw new MillraceError(
      'FIELD_UNKNOWN',
      `the view has no field ${unknown.join(', ')}; it has ${columns.join(', ')}`,
      {
        details: { fields: unknown },
      },
    );
  }
  return columns.map((column) => {
    const at = names.indexOf(column);
    const vector = at < 0 ? null : batch.getChildAt(at);
    return vector === null ? () => undefined : arrowCells(column, vector);
  });
}
