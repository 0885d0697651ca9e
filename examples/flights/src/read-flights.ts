import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  type RowGroup,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { z } from 'zod';
import { type Flight, landingTime } from './flight.ts';
import type { Minutes } from './minutes.ts';

/** Which flights to read; all three million without an option. */
export interface FlightRange {
  /** The first departure. */
  readonly from?: Minutes;
  /** The first departure after the last. */
  readonly until?: Minutes;
  /** At most this many. */
  readonly limit?: number;
  /** Another file with the same columns. */
  readonly file?: string;
}

const wholeNumber = z.bigint().transform(Number);
const rowSchema = z.object({
  date: z.date().transform((date): Minutes => date.getTime() / 60_000),
  delay: wholeNumber,
  distance: wholeNumber,
  origin: z.string(),
  destination: z.string(),
});

/**
 * Reads flights in the order of their departure, one row group of the file in memory at a time. Row groups that
 * lie outside the range are not read.
 *
 * @throws when a row has a null or another type, or departs before the row in front of it.
 */
export async function* readFlights(range: FlightRange = {}): AsyncGenerator<Flight, void, undefined> {
  const { from = -Infinity, until = Infinity, limit = Infinity } = range;
  const file = await asyncBufferFromFile(range.file ?? flightsFile());
  const metadata = await parquetMetadataAsync(file);
  let read = 0;
  let last: Minutes = -Infinity;
  for (const { rowStart, rowEnd } of rowGroups(metadata, from, until)) {
    const rows = await parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd });
    for (const [index, input] of rows.entries()) {
      const { date: departure, ...row } = rowSchema.parse(input);
      if (departure < last) throw new Error(`row ${rowStart + index} departs before the row in front of it`);
      last = departure;
      if (departure >= until || read >= limit) return;
      if (departure < from) continue;
      read++;
      const landing = landingTime(departure, row.delay, row.distance);
      yield { row: rowStart + index, departure, landing, ...row };
    }
  }
}

/** Where the npm package `vega-datasets` keeps the three million flights. */
export function flightsFile(): string {
  const module = createRequire(import.meta.url).resolve('vega-datasets');
  return join(module, '..', '..', 'data', 'flights-3m.parquet');
}

function rowGroups(
  metadata: FileMetaData,
  from: Minutes,
  until: Minutes,
): { rowStart: number; rowEnd: number }[] {
  let rowEnd = 0;
  return metadata.row_groups.flatMap((group) => {
    const rowStart = rowEnd;
    rowEnd += Number(group.num_rows);
    return mayHold(group, from, until) ? [{ rowStart, rowEnd }] : [];
  });
}

function mayHold(group: RowGroup, from: Minutes, until: Minutes): boolean {
  const date = group.columns.find((column) => column.meta_data?.path_in_schema.join('.') === 'date');
  const { min_value: first, max_value: last } = date?.meta_data?.statistics ?? {};
  if (!(first instanceof Date) || !(last instanceof Date)) return true;
  return last.getTime() / 60_000 >= from && first.getTime() / 60_000 < until;
}
