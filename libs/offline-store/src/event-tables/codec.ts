import { parseEventId } from '@millrace/events';
import { MillraceError } from '@millrace/kernel';
import type { RowWriter } from '../row-binary/row-writer.ts';

/** How a TypeScript value gets into a column of a type. */
export interface Codec<T> {
  readonly type: string;
  write(writer: RowWriter, value: T): void;
}

export const text: Codec<string> = { type: 'String', write: (writer, value) => writer.string(value) };
/** A text that has few different values. */
export const word: Codec<string> = { ...text, type: 'LowCardinality(String)' };
export const bytes: Codec<Buffer> = { type: 'String', write: (writer, value) => writer.bytes(value) };
export const bool: Codec<boolean> = { type: 'Bool', write: (writer, value) => writer.u8(value ? 1 : 0) };
export const uint8: Codec<number> = { type: 'UInt8', write: (writer, value) => writer.u8(value) };
export const uint16: Codec<number> = { type: 'UInt16', write: (writer, value) => writer.u16(value) };
export const int32: Codec<number> = { type: 'Int32', write: (writer, value) => writer.i32(value) };
export const int64: Codec<bigint> = { type: 'Int64', write: (writer, value) => writer.i64(value) };
export const uint64: Codec<bigint> = { type: 'UInt64', write: (writer, value) => writer.u64(value) };
export const float64: Codec<number> = { type: 'Float64', write: (writer, value) => writer.f64(value) };
/** An instant in microseconds. */
export const instant: Codec<bigint> = {
  type: "DateTime64(6, 'UTC')",
  write: (writer, value) => writer.i64(value),
};
/** An instant in microseconds, kept to the millisecond. */
export const instantMillis: Codec<bigint> = {
  type: "DateTime64(3, 'UTC')",
  write: (writer, value) => writer.i64(value / 1000n),
};
export const uint128: Codec<bigint> = {
  type: 'UInt128',
  write(writer, value) {
    writer.u64(BigInt.asUintN(64, value));
    writer.u64(value >> 64n);
  },
};
export const uuid: Codec<string> = {
  type: 'UUID',
  write(writer, value) {
    if (parseEventId(value) === undefined) throw new MillraceError('VALUE_INVALID', `${value} is not a UUID`);
    const digits = value.replaceAll('-', '');
    writer.u64(BigInt(`0x${digits.slice(0, 16)}`));
    writer.u64(BigInt(`0x${digits.slice(16)}`));
  },
};

export function nullable<T>(codec: Codec<T>): Codec<T | null> {
  return {
    type: `Nullable(${codec.type})`,
    write(writer, value) {
      writer.u8(value === null ? 1 : 0);
      if (value !== null) codec.write(writer, value);
    },
  };
}

export function array<T>(codec: Codec<T>): Codec<readonly T[]> {
  return {
    type: `Array(${codec.type})`,
    write(writer, values) {
      writer.varUint(values.length);
      for (const value of values) codec.write(writer, value);
    },
  };
}

export function map<T>(codec: Codec<T>): Codec<Readonly<Record<string, T>>> {
  return {
    type: `Map(LowCardinality(String), ${codec.type})`,
    write(writer, members) {
      const entries = Object.entries(members);
      writer.varUint(entries.length);
      for (const [key, value] of entries) {
        writer.string(key);
        codec.write(writer, value);
      }
    },
  };
}

/** A tuple with names, from the member of that name for each. */
export function tuple<T>(fields: readonly TupleField<T>[]): Codec<T> {
  return {
    type: `Tuple(${fields.map(({ name, type }) => `${name} ${type}`).join(', ')})`,
    write(writer, value) {
      for (const field of fields) field.write(writer, value);
    },
  };
}

/** A field of a {@link tuple}. */
export interface TupleField<T> {
  readonly name: string;
  readonly type: string;
  write(writer: RowWriter, value: T): void;
}

/** A field of a tuple, picked from what the tuple is of. */
export function field<T, V>(name: string, codec: Codec<V>, pick: (value: T) => V): TupleField<T> {
  return { name, type: codec.type, write: (writer, value) => codec.write(writer, pick(value)) };
}
