import { type AvroNode, type AvroReader, blockCount } from '@millrace/events/avro-bytes';
import type { FeatureType, ScalarType } from '@millrace/feature-registry';
import { arrayForm, scalarForm } from '@millrace/feature-registry/row';
import type { RowWriter } from './row-writer.ts';

/** Copies one value from Avro to RowBinary; no JavaScript value is made on the way. */
export type Copy = (reader: AvroReader, writer: RowWriter) => void;

/**
 * Compiles how a value of a schema gets into a column of a type that cannot be null.
 *
 * @param name the column, for errors.
 * @throws MillraceError VALUE_INVALID when the schema's type does not fit the column's.
 */
export function copyScalar(node: AvroNode, type: ScalarType, name: string): Copy {
  const form = scalarForm(node, type, name);
  switch (form) {
    case 'text':
      return copyText;
    case 'bool':
      return (reader, writer) => writer.u8(reader.boolean());
    case 'int':
      return (reader, writer) => {
        reader.int(name);
        writer.i32(reader.low);
      };
    case 'long':
      return copyLong;
    case 'float':
      return copyBytes(4);
    case 'double':
      return copyBytes(8);
    case 'widened':
      return (reader, writer) => {
        const from = reader.skip(4);
        writer.f64(reader.bytes.readFloatLE(from));
      };
    default:
      return form satisfies never;
  }
}

/** Compiles how an array gets into an array column. @throws MillraceError VALUE_INVALID as {@link copyScalar}. */
export function copyArray(node: AvroNode, type: Exclude<FeatureType, ScalarType>, name: string): Copy {
  const form = arrayForm(node, type, name);
  const copy = copyScalar(form.itemNode, form.item, name);
  return (reader, writer) => {
    const start = reader.at;
    // An array may come in blocks, but RowBinary wants the number of all items first.
    const total = form.check(reader);
    reader.at = start;
    writer.varUint(total);
    for (let count = blockCount(reader); count > 0; count = blockCount(reader)) {
      for (let i = 0; i < count; i += 1) copy(reader, writer);
    }
  };
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

function copyBytes(size: number): Copy {
  return (reader, writer) => {
    const from = reader.skip(size);
    writer.raw(reader.bytes, from, reader.at);
  };
}
