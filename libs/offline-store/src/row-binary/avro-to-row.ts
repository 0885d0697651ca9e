import type { FeatureType, ScalarType } from '@millrace/feature-registry';
import { describeType } from '@millrace/feature-registry';
import { MillraceError } from '@millrace/kernel';
import type { AvroReader } from './avro-reader.ts';
import type { AvroNode } from './avro-schema.ts';
import type { RowWriter } from './row-writer.ts';
import { blockCount, type Skip, skipOf } from './skip-avro.ts';

/** Copies one value from Avro to RowBinary; no JavaScript value is made on the way. */
export type Copy = (reader: AvroReader, writer: RowWriter) => void;

/**
 * Compiles how a value of a schema gets into a column of a type that cannot be null.
 *
 * @param name the column, for errors.
 * @throws MillraceError VALUE_INVALID when the schema's type does not fit the column's.
 */
export function copyScalar(node: AvroNode, type: ScalarType, name: string): Copy {
  const { kind } = node;
  if (type === 'string' && (kind === 'string' || kind === 'bytes')) return copyText;
  if (type === 'bool' && kind === 'boolean') return copyBool;
  if (type === 'int' && kind === 'int') return copyInt(name);
  if (type === 'long' && (kind === 'long' || kind === 'int')) return copyLong;
  if (type === 'timestamp' && (kind === 'timestamp' || kind === 'long')) return copyLong;
  if (type === 'float' && kind === 'float') return copyBytes(4);
  if (type === 'double' && kind === 'double') return copyBytes(8);
  if (type === 'double' && kind === 'float')
    return (reader, writer) => {
      const from = reader.skip(4);
      writer.f64(reader.bytes.readFloatLE(from));
    };
  throw new MillraceError('VALUE_INVALID', `${name} is ${type}, but the record's schema says ${kind}`, {
    details: { field: name },
  });
}

/** Compiles how an array gets into an array column. @throws MillraceError VALUE_INVALID as {@link copyScalar}. */
export function copyArray(node: AvroNode, type: Exclude<FeatureType, ScalarType>, name: string): Copy {
  if (node.kind !== 'array')
    throw new MillraceError(
      'VALUE_INVALID',
      `${name} is ${describeType(type)}, but the record's schema says ${node.kind}`,
      { details: { field: name } },
    );
  const copy = copyScalar(node.items, 'array' in type ? type.array : type.embedding, name);
  const skip = skipOf(node.items);
  const dimension = 'array' in type ? undefined : type.dimension;
  return (reader, writer) => {
    const start = reader.at;
    const total = countItems(reader, skip);
    if (dimension !== undefined && total !== dimension)
      throw new MillraceError('VALUE_INVALID', `${name} must have ${dimension} numbers and has ${total}`, {
        details: { field: name },
      });
    reader.at = start;
    writer.varUint(total);
    for (let count = blockCount(reader); count > 0; count = blockCount(reader)) {
      for (let i = 0; i < count; i += 1) copy(reader, writer);
    }
  };
}

/** An array may come in blocks, but RowBinary wants the number of all items first. */
function countItems(reader: AvroReader, skip: Skip): number {
  let total = 0;
  for (let count = blockCount(reader); count > 0; count = blockCount(reader)) {
    total += count;
    for (let i = 0; i < count; i += 1) skip(reader);
  }
  return total;
}

const copyText: Copy = (reader, writer) => {
  const from = reader.text();
  writer.varUint(reader.at - from);
  writer.raw(reader.bytes, from, reader.at);
};

const copyLong: Copy = (reader, writer) => {
  reader.long();
  writer.i32(reader.low);
  writer.i32(reader.high);
};

const copyBool: Copy = (reader, writer) => {
  const byte = reader.u8();
  if (byte > 1) throw new MillraceError('EVENT_MALFORMED', 'a boolean is neither 0 nor 1');
  writer.u8(byte);
};

function copyInt(name: string): Copy {
  return (reader, writer) => {
    reader.long();
    if (reader.low >> 31 !== reader.high)
      throw new MillraceError('EVENT_MALFORMED', `${name} does not fit 32 bits`);
    writer.i32(reader.low);
  };
}

function copyBytes(size: number): Copy {
  return (reader, writer) => {
    const from = reader.skip(size);
    writer.raw(reader.bytes, from, reader.at);
  };
}
