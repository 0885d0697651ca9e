import { MillraceError } from '@millrace/kernel';
import type { AvroReader } from './avro-reader.ts';
import type { AvroNode } from './avro-schema.ts';

/** Goes past one value. */
export type Skip = (reader: AvroReader) => void;

/** Compiles how to go past a value that no column wants. */
export function skipOf(node: AvroNode): Skip {
  switch (node.kind) {
    case 'null':
      return () => undefined;
    case 'boolean':
      return (reader) => void reader.skip(1);
    case 'float':
      return (reader) => void reader.skip(4);
    case 'double':
      return (reader) => void reader.skip(8);
    case 'int':
    case 'long':
    case 'timestamp':
    case 'enum':
      return (reader) => reader.long();
    case 'bytes':
    case 'string':
      return (reader) => void reader.skip(reader.count());
    case 'fixed':
      return (reader) => void reader.skip(node.size);
    case 'array':
      return blocks(skipOf(node.items));
    case 'map':
      return mapBlocks(skipOf(node.items));
    case 'record': {
      const fields = node.fields.map((field) => skipOf(field.node));
      return (reader) => {
        for (const field of fields) field(reader);
      };
    }
    case 'union': {
      const branches = node.branches.map(skipOf);
      return (reader) => {
        const branch = branches[reader.count()];
        if (branch === undefined)
          throw new MillraceError('EVENT_MALFORMED', 'a union has no branch of this index');
        branch(reader);
      };
    }
    default:
      return node satisfies never;
  }
}

/**
 * The number of items in the next block of an array; 0 ends it. A negative count is followed by a size in bytes.
 * Every item takes a byte at least, so a count that no bytes stand behind is refused before anything loops.
 */
export function blockCount(reader: AvroReader): number {
  reader.long();
  const count = reader.number;
  if (count < 0) reader.long();
  const items = Math.abs(count);
  if (items > reader.left) throw new MillraceError('EVENT_MALFORMED', 'an array has more items than bytes');
  return items;
}

/** Goes past an array, in however many blocks, and returns the number of its items. */
export function arrayLength(reader: AvroReader, item: Skip): number {
  let total = 0;
  for (let count = blockCount(reader); count > 0; count = blockCount(reader)) {
    total += count;
    for (let i = 0; i < count; i += 1) item(reader);
  }
  return total;
}

function blocks(item: Skip): Skip {
  return (reader) => void arrayLength(reader, item);
}

function mapBlocks(item: Skip): Skip {
  return blocks((reader) => {
    reader.skip(reader.count());
    item(reader);
  });
}
