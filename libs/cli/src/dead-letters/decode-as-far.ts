import { type AvroNode, AvroReader, blockCount } from '@millrace/events/avro-bytes';
import { describeError, formatInstant } from '@millrace/kernel';

/** A value with the field that it is of. */
export interface DecodedField {
  readonly path: string;
  readonly value: string;
}

/** What could be read of Avro bytes. */
export interface DecodedAsFar {
  readonly fields: readonly DecodedField[];
  /** Where the bytes stop to be what the schema says; absent when they are it to the end. */
  readonly brokeOff?: { readonly path: string; readonly byte: number; readonly reason: string };
}

const MOST_FIELDS = 200;
const MOST_CHARACTERS = 200;

/** Decodes bytes of a schema field by field, as far as they go. */
export function decodeAsFar(schema: AvroNode, bytes: Buffer): DecodedAsFar {
  const fields: DecodedField[] = [];
  const reader = new AvroReader();
  reader.reset(bytes);
  let path = '';
  let begun = 0;

  function read(node: AvroNode, at: string): void {
    path = at;
    begun = reader.at;
    if (node.kind === 'record') {
      for (const { name, node: field } of node.fields) read(field, at === '' ? name : `${at}.${name}`);
    } else if (node.kind === 'union') {
      const branch = node.branches[reader.count()];
      if (branch === undefined) throw new Error('a union has no branch of this index');
      read(branch, at);
    } else if ('items' in node) {
      readItems(at, (item) => read(node.items, node.kind === 'map' ? `${at}.${textOf(reader)}` : item));
    } else {
      const value = scalarOf(node, reader);
      if (fields.length < MOST_FIELDS) fields.push({ path: at, value });
    }
  }

  function readItems(at: string, item: (path: string) => void): void {
    let index = 0;
    for (let count = blockCount(reader); count > 0; count = blockCount(reader)) {
      for (let i = 0; i < count; i += 1) {
        item(`${at}[${index}]`);
        index += 1;
      }
    }
    if (index === 0) fields.push({ path: at, value: '(empty)' });
  }

  try {
    read(schema, '');
    path = '(the end)';
    begun = reader.at;
    reader.end();
    return { fields };
  } catch (error) {
    return { fields, brokeOff: { path, byte: begun, reason: describeError(error) } };
  }
}

type Scalar = Exclude<AvroNode, { readonly kind: 'record' | 'union' | 'array' | 'map' }>;

function scalarOf(node: Scalar, reader: AvroReader): string {
  switch (node.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return String(reader.boolean() === 1);
    case 'int':
      reader.int('an int');
      return String(reader.bigint);
    case 'long':
      reader.long();
      return String(reader.bigint);
    case 'timestamp':
      reader.long();
      return formatInstant(reader.bigint);
    case 'float':
      return String(reader.bytes.readFloatLE(reader.skip(4)));
    case 'double':
      return String(reader.bytes.readDoubleLE(reader.skip(8)));
    case 'string':
      return JSON.stringify(textOf(reader));
    case 'enum':
      return node.symbols[reader.count()] ?? '(no such symbol)';
    case 'bytes':
      return hexOf(reader, reader.count());
    case 'fixed':
      return hexOf(reader, node.size);
    default:
      return node satisfies never;
  }
}

function textOf(reader: AvroReader): string {
  const from = reader.text();
  const text = reader.bytes.toString('utf8', from, reader.at);
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

function hexOf(reader: AvroReader, size: number): string {
  const from = reader.skip(size);
  return `0x${reader.bytes.toString('hex', from, Math.min(reader.at, from + MOST_CHARACTERS / 2))}`;
}
