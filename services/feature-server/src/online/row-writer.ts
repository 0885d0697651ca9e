import {
  type AvroField,
  type AvroNode,
  type AvroReader,
  parseAvroSchema,
  type Skip,
  skipOf,
} from '@millrace/events/avro-bytes';
import { MillraceError } from '@millrace/kernel';
import { endPresent, endWithout, type FeatureTexts, type Origin } from './feature-texts.ts';
import type { JsonBytes } from './json-bytes.ts';
import { type ValueWriter, valueWriter } from './value-writer.ts';

/** Writes the features of one row, whose Avro bytes come next. */
export type RowWriter = (from: AvroReader, into: JsonBytes, origin: Origin) => void;

interface Column {
  readonly texts: FeatureTexts;
  /** The place of the field in the record; undefined when the schema does not have the feature. */
  readonly field: number | undefined;
  readonly write: FieldWriter;
}

/** Writes a field unless it is null, and tells whether it did. */
type FieldWriter = (from: AvroReader, into: JsonBytes) => boolean;

/**
 * Compiles how the features of a view are written from rows of one schema. A row is gone through once, which notes
 * where each field begins; then the features are written in the order of the answer.
 *
 * @throws MillraceError VALUE_INVALID when the schema does not fit the features.
 */
export function compileRowWriter(schema: string, features: readonly FeatureTexts[]): RowWriter {
  const { before, isUnion, branch, fields } = partsOf(parseAvroSchema(schema));
  const columns = features.map((texts): Column => {
    const index = fields.findIndex(({ name }) => name === texts.feature);
    const field = fields[index];
    return field === undefined
      ? { texts, field: undefined, write: () => false }
      : { texts, field: index, write: fieldWriter(field.node, (node) => valueWriter(node, texts)) };
  });
  const wanted = Math.max(-1, ...columns.map(({ field }) => field ?? -1)) + 1;
  const skips = fields.slice(0, wanted).map(({ node }) => skipField(node));
  // Shared by all rows: what was noted of a row is not needed when the next comes.
  const begins = new Uint32Array(wanted);
  return (from, into, origin) => {
    for (const skip of before) skip(from);
    const hasValues = !isUnion || from.count() === branch;
    const present = hasValues ? wanted : 0;
    for (let field = 0; field < present; field++) {
      begins[field] = from.at;
      skips[field]?.(from);
    }
    for (const { texts, field, write } of columns) {
      into.piece(texts.start);
      if (field === undefined) {
        endWithout('NOT_FOUND', origin, into);
        continue;
      }
      from.at = begins[field] ?? 0;
      if (hasValues && write(from, into)) endPresent(origin, into);
      else endWithout('NULL_VALUE', origin, into);
    }
  };
}

/** What stands before the values in a row, and the fields of the values. */
function partsOf(root: AvroNode): {
  readonly before: readonly Skip[];
  readonly isUnion: boolean;
  /** Of the values, where they are a union with null. */
  readonly branch: number;
  readonly fields: readonly AvroField[];
} {
  const top = root.kind === 'record' ? root.fields : [];
  const index = top.findIndex(({ name }) => name === 'values');
  const values = top[index]?.node;
  const isUnion = values?.kind === 'union';
  const branches = isUnion ? values.branches : [values];
  const branch = branches.findIndex((node) => node?.kind === 'record');
  const record = branches[branch];
  if (record?.kind !== 'record')
    throw new MillraceError('VALUE_INVALID', 'the schema of a row has no values');
  return {
    before: top.slice(0, index).map(({ node }) => skipOf(node)),
    isUnion,
    branch,
    fields: record.fields,
  };
}

function fieldWriter(node: AvroNode, compile: (node: AvroNode) => ValueWriter): FieldWriter {
  const branches = node.kind === 'union' ? node.branches : [node];
  const writers = branches.map((branch) => (branch.kind === 'null' ? undefined : compile(branch)));
  const isUnion = node.kind === 'union';
  return (from, into) => {
    const write = writers[isUnion ? branchOf(from) : 0];
    if (write === undefined) return false;
    write(from, into);
    return true;
  };
}

/** The index of a union's branch, which takes one byte unless a producer wrote it in an odd way. */
function branchOf(from: AvroReader): number {
  const byte = from.bytes[from.at] ?? 0x80;
  if (byte > 0x7f || (byte & 1) === 1) return from.count();
  from.at += 1;
  return byte >> 1;
}

const FIXED_SIZES: Readonly<Partial<Record<AvroNode['kind'], number>>> = { boolean: 1, float: 4, double: 8 };

/** As `skipOf`, with a short way past the fields that most rows are made of. */
function skipField(node: AvroNode): Skip {
  const branches = node.kind === 'union' ? node.branches : [];
  const sizes = branches.map(({ kind }) => (kind === 'null' ? 0 : FIXED_SIZES[kind]));
  if (sizes.length === 0 || sizes.includes(undefined)) return skipOf(node);
  return (from) => {
    const size = sizes[branchOf(from)];
    if (size === undefined) throw new MillraceError('EVENT_MALFORMED', 'a union has no branch of this index');
    from.skip(size);
  };
}
