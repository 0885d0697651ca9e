import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { FileRow } from './read-csv.ts';

const MOST_ROWS = 50_000;

/** Reads a Parquet file some ten thousand rows at a time, and says how many there are. */
export async function readParquet(
  file: string,
): Promise<{ readonly count: number; readonly rows: AsyncGenerator<FileRow> }> {
  const buffer = await asyncBufferFromFile(file);
  const metadata = await parquetMetadataAsync(buffer);
  const count = Number(metadata.num_rows);
  async function* rows(): AsyncGenerator<FileRow> {
    for (let rowStart = 0; rowStart < count; rowStart += MOST_ROWS) {
      const rowEnd = Math.min(count, rowStart + MOST_ROWS);
      yield* await parquetReadObjects({ file: buffer, metadata, compressors, rowStart, rowEnd });
    }
  }
  return { count, rows: rows() };
}
