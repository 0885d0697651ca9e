import { DataType, type Field, MessageReader, Precision, TimeUnit, Type } from 'apache-arrow';
import { describeError, MillraceError } from '@millrace/kernel';
import { staged, type StagedColumn } from './staged-column.ts';

const FILE_MAGIC = 'ARROW1';

/** Whether bytes begin an Arrow file, not an Arrow stream. */
export function isArrowFile(head: Buffer): boolean {
  return head.subarray(0, FILE_MAGIC.length).toString('latin1') === FILE_MAGIC;
}

/**
 * The columns of an Arrow stream or file, from its first bytes.
 *
 * @throws MillraceError REQUEST_INVALID when it is not Arrow, or a column's type is none that a spine can have.
 */
export function arrowColumns(head: Buffer): readonly StagedColumn[] {
  const bytes = isArrowFile(head) ? head.subarray(8) : head;
  let fields: readonly Field[] | undefined;
  try {
    fields = new MessageReader(bytes).readSchema()?.fields;
  } catch (cause) {
    throw new MillraceError('REQUEST_INVALID', `the spine is not Arrow: ${describeError(cause)}`, { cause });
  }
  if (fields === undefined) throw new MillraceError('REQUEST_INVALID', 'the spine is not Arrow');
  return fields.map(({ name, type }) => columnOf(name, type));
}

function columnOf(name: string, type: DataType): StagedColumn {
  if (DataType.isTimestamp(type)) {
    const digits = {
      [TimeUnit.SECOND]: 0,
      [TimeUnit.MILLISECOND]: 3,
      [TimeUnit.MICROSECOND]: 6,
      [TimeUnit.NANOSECOND]: 9,
    };
    return staged(name, `DateTime64(${digits[type.unit]}, 'UTC')`, !type.timezone);
  }
  return staged(name, typeOf(name, type));
}

function typeOf(name: string, type: DataType): string {
  if (DataType.isInt(type)) return `${type.isSigned ? 'Int' : 'UInt'}${type.bitWidth}`;
  if (DataType.isFloat(type)) return type.precision === Precision.DOUBLE ? 'Float64' : 'Float32';
  if (DataType.isBool(type)) return 'Bool';
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isBinary(type) || DataType.isNull(type))
    return 'String';
  if (DataType.isDate(type)) return 'Date32';
  if (DataType.isDecimal(type)) return `Decimal(${type.precision}, ${type.scale})`;
  if (DataType.isDictionary(type)) return typeOf(name, type.dictionary);
  if (DataType.isList(type)) return `Array(Nullable(${typeOf(name, type.valueType)}))`;
  throw new MillraceError(
    'REQUEST_INVALID',
    `column ${name} of the spine has the Arrow type ${Type[type.typeId]}, which a spine cannot have`,
  );
}
