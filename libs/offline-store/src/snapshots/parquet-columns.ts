import { openAsBlob } from 'node:fs';
import { parquetMetadataAsync, type SchemaElement } from 'hyparquet';
import { describeError, MillraceError } from '@millrace/kernel';
import { staged, type StagedColumn } from './staged-column.ts';

/**
 * The columns of a Parquet file, from its footer.
 *
 * @throws MillraceError REQUEST_INVALID when it is not Parquet, or a column is nested.
 */
export async function parquetColumns(path: string): Promise<readonly StagedColumn[]> {
  const blob = await openAsBlob(path);
  const slice = (start: number, end?: number) => blob.slice(start, end).arrayBuffer();
  try {
    const { schema } = await parquetMetadataAsync({ byteLength: blob.size, slice });
    return schema.slice(1).map(columnOf);
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError('REQUEST_INVALID', `the spine is not Parquet: ${describeError(cause)}`, {
      cause,
    });
  }
}

function columnOf(element: SchemaElement): StagedColumn {
  const { name, type, logical_type: logical, converted_type: converted } = element;
  if (type === undefined || element.num_children !== undefined || element.repetition_type === 'REPEATED')
    throw new MillraceError(
      'REQUEST_INVALID',
      `column ${name} of the spine is nested, which a spine cannot have`,
    );
  if (logical?.type === 'TIMESTAMP') {
    const digits = { MILLIS: 3, MICROS: 6, NANOS: 9 }[logical.unit];
    return staged(name, `DateTime64(${digits}, 'UTC')`, !logical.isAdjustedToUTC);
  }
  if (converted === 'TIMESTAMP_MILLIS') return staged(name, "DateTime64(3, 'UTC')");
  if (converted === 'TIMESTAMP_MICROS') return staged(name, "DateTime64(6, 'UTC')");
  if (type === 'INT96') return staged(name, "DateTime64(9, 'UTC')", true);
  return staged(name, plainType(element));
}

function plainType({
  type,
  logical_type: logical,
  converted_type: converted,
  precision,
  scale,
}: SchemaElement): string {
  if (logical?.type === 'DECIMAL' || converted === 'DECIMAL')
    return `Decimal(${precision ?? 38}, ${scale ?? 0})`;
  if (logical?.type === 'DATE' || converted === 'DATE') return 'Date32';
  if (logical?.type === 'INTEGER') return `${logical.isSigned ? 'Int' : 'UInt'}${logical.bitWidth}`;
  if (type === 'BOOLEAN') return 'Bool';
  if (type === 'INT32') return 'Int32';
  if (type === 'INT64') return 'Int64';
  if (type === 'FLOAT') return 'Float32';
  return type === 'DOUBLE' ? 'Float64' : 'String';
}
