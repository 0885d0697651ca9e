import type { AvroNode } from '@millrace/events/avro-bytes';
import { arrayLength, type AvroReader, type Skip } from '@millrace/events/avro-bytes';
import { MillraceError } from '@millrace/kernel';
import { describeType, type FeatureType, type ScalarType } from '../feature-type.ts';

/** How a value of a column stands in a record's bytes. `widened`: a float in a column of doubles. */
export type ScalarForm = 'text' | 'bool' | 'int' | 'long' | 'float' | 'double' | 'widened';

/**
 * Finds how a value of a writer's schema has to be read for a column.
 *
 * @param name the column, for errors.
 * @throws MillraceError VALUE_INVALID when the schema's type does not fit the column's.
 */
export function scalarForm({ kind }: AvroNode, type: ScalarType, name: string): ScalarForm {
  if (type === 'string' && (kind === 'string' || kind === 'bytes')) return 'text';
  if (type === 'bool' && kind === 'boolean') return 'bool';
  if (type === 'int' && kind === 'int') return 'int';
  if (type === 'long' && (kind === 'long' || kind === 'int')) return 'long';
  if (type === 'timestamp' && (kind === 'timestamp' || kind === 'long')) return 'long';
  if (type === 'float' && kind === 'float') return 'float';
  if (type === 'double' && kind === 'double') return 'double';
  if (type === 'double' && kind === 'float') return 'widened';
  throw doesNotFit(type, kind, name);
}

/** Compiles a step that checks a value and goes past it. @throws MillraceError VALUE_INVALID as {@link scalarForm}. */
export function checkScalar(node: AvroNode, type: ScalarType, name: string): Skip {
  const form = scalarForm(node, type, name);
  switch (form) {
    case 'text':
      return (reader) => void reader.text();
    case 'bool':
      return (reader) => void reader.boolean();
    case 'int':
      return (reader) => reader.int(name);
    case 'long':
      return (reader) => reader.long();
    case 'float':
    case 'widened':
      return (reader) => void reader.skip(4);
    case 'double':
      return (reader) => void reader.skip(8);
    default:
      return form satisfies never;
  }
}

/** How an array stands in a record's bytes. */
export interface ArrayForm {
  readonly item: ScalarType;
  readonly itemNode: AvroNode;
  /**
   * Checks an array, goes past it and returns the number of its items.
   *
   * @throws MillraceError EVENT_MALFORMED, VALUE_INVALID when an embedding has not its dimension.
   */
  check(reader: AvroReader): number;
}

/** {@link scalarForm} of an array. */
export function arrayForm(node: AvroNode, type: Exclude<FeatureType, ScalarType>, name: string): ArrayForm {
  if (node.kind !== 'array') throw doesNotFit(type, node.kind, name);
  const item = 'array' in type ? type.array : type.embedding;
  const checkItem = checkScalar(node.items, item, name);
  const dimension = 'array' in type ? undefined : type.dimension;
  return {
    item,
    itemNode: node.items,
    check(reader) {
      const total = arrayLength(reader, checkItem);
      if (dimension !== undefined && total !== dimension)
        throw new MillraceError('VALUE_INVALID', `${name} must have ${dimension} numbers and has ${total}`, {
          details: { field: name },
        });
      return total;
    },
  };
}

function doesNotFit(type: FeatureType, kind: string, name: string): MillraceError {
  return new MillraceError(
    'VALUE_INVALID',
    `${name} is ${describeType(type)}, but the record's schema says ${kind}`,
    { details: { field: name } },
  );
}
