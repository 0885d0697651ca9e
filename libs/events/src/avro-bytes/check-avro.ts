import { MillraceError } from '@millrace/kernel';
import { AvroReader } from './avro-reader.ts';
import type { AvroNode } from './avro-schema.ts';
import { arrayLength, type Skip } from './skip-avro.ts';

/**
 * Compiles a check that bytes are one whole value of a schema, before anything is made of them: a decoder that reads
 * zeros past the end would loop over two thousand million of them, and keep them all.
 *
 * @returns a function that throws MillraceError EVENT_MALFORMED.
 */
export function checkOf(schema: AvroNode): (bytes: Buffer) => void {
  const reader = new AvroReader();
  const walk = walkOf(schema);
  return (bytes) => {
    reader.reset(bytes);
    walk(reader);
    reader.end();
  };
}

function walkOf(node: AvroNode): Skip {
  switch (node.kind) {
    case 'null':
      return () => undefined;
    case 'boolean':
      return (reader) => void reader.boolean();
    case 'float':
      return (reader) => void reader.skip(4);
    case 'double':
      return (reader) => void reader.skip(8);
    case 'int':
      return (reader) => reader.int('an int');
    case 'long':
    case 'timestamp':
      return (reader) => reader.long();
    case 'enum':
      return (reader) => {
        if (node.symbols[reader.count()] === undefined) malformed('an enum has no symbol of this index');
      };
    case 'bytes':
      return (reader) => void reader.skip(reader.count());
    case 'string':
      return (reader) => void reader.text();
    case 'fixed':
      return (reader) => void reader.skip(node.size);
    case 'array': {
      const item = walkOf(node.items);
      return (reader) => void arrayLength(reader, item);
    }
    case 'map': {
      const item = walkOf(node.items);
      const entry: Skip = (reader) => {
        reader.text();
        item(reader);
      };
      return (reader) => void arrayLength(reader, entry);
    }
    case 'record': {
      const fields = node.fields.map((field) => walkOf(field.node));
      return (reader) => {
        for (const field of fields) field(reader);
      };
    }
    case 'union': {
      const branches = node.branches.map(walkOf);
      return (reader) => {
        const branch = branches[reader.count()] ?? malformed('a union has no branch of this index');
        branch(reader);
      };
    }
    default:
      return node satisfies never;
  }
}

function malformed(reason: string): never {
  throw new MillraceError('EVENT_MALFORMED', reason);
}
