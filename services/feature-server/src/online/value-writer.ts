import { type AvroNode, type AvroReader, blockCount } from '@millrace/events/avro-bytes';
import type { ScalarType } from '@millrace/feature-registry';
import { scalarForm } from '@millrace/feature-registry/row';
import { formatInstant, MillraceError } from '@millrace/kernel';
import type { FeatureTexts } from './feature-texts.ts';
import { type JsonBytes, pieceOf } from './json-bytes.ts';

/** Reads a value from Avro bytes and writes it as JSON; no JavaScript value is made where that can be helped. */
export type ValueWriter = (from: AvroReader, into: JsonBytes) => void;

/**
 * Compiles the writer of a feature's values, in the row format: `long` is a number where JSON readers keep it exact
 * and decimal text beyond; a timestamp is ISO 8601; what JSON has no number for is "NaN", "Infinity" or "-Infinity".
 *
 * @param node the type in the schema that the row was written with.
 * @throws MillraceError VALUE_INVALID when the schema's type does not fit the feature's.
 */
export function valueWriter(node: AvroNode, { feature, type }: FeatureTexts): ValueWriter {
  if (typeof type === 'string') return scalarWriter(node, type, feature);
  if (node.kind !== 'array') {
    throw new MillraceError('VALUE_INVALID', `${feature} is no array in the schema of its row`);
  }
  return arrayWriter(scalarWriter(node.items, 'array' in type ? type.array : type.embedding, feature));
}

function scalarWriter(node: AvroNode, type: ScalarType, name: string): ValueWriter {
  const form = scalarForm(node, type, name);
  switch (form) {
    case 'double':
      return (from, into) => into.double(from.bytes.readDoubleLE(from.skip(8)));
    case 'float':
    case 'widened':
      return (from, into) => into.double(from.bytes.readFloatLE(from.skip(4)));
    case 'int':
    case 'long':
      return type === 'timestamp' ? timestamp : long;
    case 'bool':
      return (from, into) => into.piece(from.boolean() === 1 ? TRUE : FALSE);
    case 'text':
      return (from, into) => {
        const size = from.count();
        const start = from.skip(size);
        into.utf8(from.bytes, start, start + size);
      };
    default:
      return form satisfies never;
  }
}

const TRUE = pieceOf('true');
const FALSE = pieceOf('false');
const [OPEN, CLOSE, COMMA] = [91, 93, 44];

function long(from: AvroReader, into: JsonBytes): void {
  from.long();
  const { number } = from;
  if (Number.isSafeInteger(number)) into.integer(number);
  else into.ascii(`"${from.bigint}"`);
}

function timestamp(from: AvroReader, into: JsonBytes): void {
  from.long();
  into.ascii(`"${formatInstant(from.bigint)}"`);
}

function arrayWriter(writeItem: ValueWriter): ValueWriter {
  return (from, into) => {
    into.byte(OPEN);
    let isFirst = true;
    for (let count = blockCount(from); count > 0; count = blockCount(from)) {
      for (let index = 0; index < count; index++) {
        if (!isFirst) into.byte(COMMA);
        isFirst = false;
        writeItem(from, into);
      }
    }
    into.byte(CLOSE);
  };
}
