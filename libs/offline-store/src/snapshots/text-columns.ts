import type { ClickHouseClient } from '@clickhouse/client';
import { describeError, MillraceError } from '@millrace/kernel';
import { z } from 'zod';
import { literal } from '../clickhouse/sql.ts';
import { staged, type StagedColumn } from './staged-column.ts';

/** ClickHouse's names of the text formats. */
export const textFormats = { csv: 'CSVWithNames', ndjson: 'JSONEachRow' } as const;

/** A query may have 256 KiB. */
const SAMPLE_BYTES = 64 * 1024;

/** Types of objects, which no column can be that may be null. */
const isNested = /\b(Tuple|Map|Nested|Variant|Dynamic|JSON)\b/;

const described = z.array(z.object({ name: z.string(), type: z.string() }));

/**
 * The columns of a CSV or NDJSON text, from its first rows. Those whose type the service knows are read as text,
 * so that what is wrong in them can be said row by row; the types of the others are what the first rows look like.
 *
 * @param known the columns that are checked row by row.
 * @throws MillraceError REQUEST_INVALID
 */
export async function textColumns(
  client: ClickHouseClient,
  format: keyof typeof textFormats,
  head: Buffer,
  isWhole: boolean,
  known: ReadonlySet<string>,
): Promise<readonly StagedColumn[]> {
  const some = head.subarray(0, SAMPLE_BYTES);
  const end = isWhole && some.length === head.length ? head.length : some.lastIndexOf(0x0a) + 1;
  const sample = some.subarray(0, end).toString('utf8');
  try {
    const answer = await client.query({
      // In the text, which is the body: parameters go into the URL, which has to be short.
      query: `DESCRIBE format(${textFormats[format]}, ${literal(sample)})`,
      format: 'JSONEachRow',
    });
    return described.parse(await answer.json()).map(({ name, type }) => {
      const plain = type.replace(/^Nullable\((.*)\)$/, '$1');
      // A time or an object that is not asked about is the user's: it stays the text that it is.
      const isTime = plain.startsWith('DateTime') || plain.startsWith('Date');
      return staged(name, known.has(name) || isTime || isNested.test(plain) ? 'String' : plain);
    });
  } catch (cause) {
    throw new MillraceError('REQUEST_INVALID', `the spine is not ${format}: ${describeError(cause)}`, {
      cause,
    });
  }
}
