import { MillraceError } from '@millrace/kernel';
import { DataType, TimeUnit, type Vector } from 'apache-arrow';

/** Reads the value in a row of a column, in the row format; null where there is none. */
export type ReadCell = (row: number) => unknown;

/** Units in a microsecond are below one for all but nanoseconds. */
const microsIn: Readonly<Record<TimeUnit, bigint>> = {
  [TimeUnit.SECOND]: 1_000_000n,
  [TimeUnit.MILLISECOND]: 1000n,
  [TimeUnit.MICROSECOND]: 1n,
  [TimeUnit.NANOSECOND]: 1n,
};

/**
 * Compiles the reading of an Arrow column. Times come as bigints of microseconds: Arrow's own getter would give
 * milliseconds and lose the rest.
 *
 * @throws MillraceError TIME_INVALID for a column of times without a zone.
 */
export function arrowCells(name: string, vector: Vector): ReadCell {
  const { type } = vector;
  if (DataType.isTimestamp(type)) return timestamps(name, type.unit, type.timezone, vector);
  if (DataType.isFloat(type)) return (row) => asJsonNumber(vector.get(row));
  if (DataType.isInt(type))
    return type.bitWidth === 64 ? (row) => asSafeNumber(vector.get(row)) : (row) => vector.get(row);
  if (DataType.isList(type) || DataType.isFixedSizeList(type)) {
    return (row) => {
      const items: Vector | null = vector.get(row);
      if (items === null) return null;
      const read = arrowCells(name, items);
      return Array.from({ length: items.length }, (_, index) => read(index));
    };
  }
  return (row) => vector.get(row);
}

function timestamps(name: string, unit: TimeUnit, zone: string | null | undefined, vector: Vector): ReadCell {
  if (zone === null || zone === undefined || zone === '') {
    throw new MillraceError(
      'TIME_INVALID',
      `column ${name} must carry a zone: make it a timestamp with time zone, such as timestamp('us', tz='UTC')`,
      {
        details: { field: name },
      },
    );
  }
  const [data] = vector.data;
  const values: unknown = data?.values;
  const scale = microsIn[unit];
  return (row) => {
    if (!(values instanceof BigInt64Array) || data?.getValid(row) !== true) return null;
    const value = values[row] ?? 0n;
    if (unit !== TimeUnit.NANOSECOND) return value * scale;
    // Refused further on, by the rule that says why.
    return value % 1000n === 0n ? value / 1000n : `${value} ns`;
  };
}

/** JSON has no NaN and no infinities: the row format has words for them. */
function asJsonNumber(value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** Columns of 64 bits are common for features that have 32. */
function asSafeNumber(value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
