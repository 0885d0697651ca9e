import { parseEventId } from '@millrace/events';
import { isInstant, MillraceError } from '@millrace/kernel';
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
export const uint8 = within<number>('UInt8', 0, 0xff, (writer, value) => writer.u8(value));
export const uint16 = within<number>('UInt16', 0, 0xffff, (writer, value) => writer.u16(value));
export const int32 = within<number>('Int32', -(2 ** 31), 2 ** 31 - 1, (writer, value) => writer.i32(value));
export const int64 = within<bigint>('Int64', -(2n ** 63n), 2n ** 63n - 1n, (writer, value) =>
  writer.i64(value),
);
export const uint64 = within<bigint>('UInt64', 0n, 2n ** 64n - 1n, (writer, value) => writer.u64(value));
export const float64: Codec<number> = { type: 'Float64', write: (writer, value) => writer.f64(value) };
/** An instant in microseconds. */
export const instant: Codec<bigint> = {
  type: "DateTime64(6, 'UTC')",
  write(writer, value) {
    if (!isInstant(value))
      throw new MillraceError('TIME_INVALID', `the time ${value} µs lies outside the years 1 to 9999`);
    writer.i64(value);
  },
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

/** Whole numbers. What a column cannot hold makes a dead letter of the event, not a projector that ends. */
function within<T extends number | bigint>(
  type: string,
  least: T,
  most: T,
  write: (writer: RowWriter, value: T) => void,
): Codec<T> {
  return {
    type,
    write(writer, value) {
      if (value < least || value > most)
        throw new MillraceError('VALUE_INVALID', `${value} is not between ${least} and ${most}`);
      write(writer, value);
    },
  };
}

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
