import { z } from 'zod';
import { MillraceError } from '@millrace/kernel';

/** An Avro schema as a tree: every name is replaced by what it names. */
export type AvroNode =
  | { readonly kind: 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string' }
  | { readonly kind: 'timestamp' }
  | { readonly kind: 'fixed'; readonly size: number }
  | { readonly kind: 'enum'; readonly symbols: readonly string[] }
  | { readonly kind: 'array' | 'map'; readonly items: AvroNode }
  | { readonly kind: 'union'; readonly branches: readonly AvroNode[] }
  | { readonly kind: 'record'; readonly fields: readonly AvroField[] };

/** A field of a record. */
export interface AvroField {
  readonly name: string;
  readonly node: AvroNode;
}

const complexSchema = z.looseObject({
  type: z.json(),
  name: z.string().optional(),
  namespace: z.string().optional(),
  logicalType: z.string().optional(),
  size: z.number().optional(),
  symbols: z.array(z.string()).optional(),
  items: z.json().optional(),
  values: z.json().optional(),
  fields: z.array(z.looseObject({ name: z.string(), type: z.json() })).optional(),
});
type Complex = z.infer<typeof complexSchema>;

const primitiveSchema = z.enum(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);

/** Trees never change: one does for everybody who reads with a schema. */
const parsed = new Map<string, AvroNode>();
const MOST_KEPT = 256;

/** Reads the text of a schema. @throws MillraceError VALUE_INVALID when it is not an Avro schema, or a recursive one. */
export function parseAvroSchema(text: string): AvroNode {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const tree = treeOf(text);
  if (parsed.size < MOST_KEPT) parsed.set(text, tree);
  return tree;
}

function treeOf(text: string): AvroNode {
  const names = new Map<string, AvroNode>();

  function read(schema: unknown, namespace: string): AvroNode {
    if (Array.isArray(schema))
      return { kind: 'union', branches: schema.map((branch) => read(branch, namespace)) };
    if (typeof schema === 'string') return named(schema, namespace);
    const complex = complexSchema.safeParse(schema);
    if (!complex.success) throw new MillraceError('VALUE_INVALID', 'the schema is not an Avro schema');
    return readComplex(complex.data, namespace);
  }

  function named(name: string, namespace: string): AvroNode {
    const primitive = primitiveSchema.safeParse(name);
    if (primitive.success) return { kind: primitive.data };
    const node = names.get(name) ?? names.get(`${namespace}.${name}`);
    if (node === undefined)
      throw new MillraceError('VALUE_INVALID', `the schema names ${name} before it is defined`);
    return node;
  }

  function readComplex(schema: Complex, outer: string): AvroNode {
    if (schema.type === 'long' && schema.logicalType === 'timestamp-micros') return { kind: 'timestamp' };
    const namespace = schema.namespace ?? outer;
    const node = bodyOf(schema, namespace);
    if (schema.name !== undefined) {
      names.set(schema.name, node);
      names.set(`${namespace}.${schema.name}`, node);
    }
    return node;
  }

  function bodyOf(schema: Complex, namespace: string): AvroNode {
    const { type } = schema;
    if (type === 'record')
      return {
        kind: type,
        fields: (schema.fields ?? []).map((field) => ({
          name: field.name,
          node: read(field.type, namespace),
        })),
      };
    if (type === 'array') return { kind: type, items: read(schema.items, namespace) };
    if (type === 'map') return { kind: type, items: read(schema.values, namespace) };
    if (type === 'enum') return { kind: type, symbols: schema.symbols ?? [] };
    if (type === 'fixed') return { kind: type, size: schema.size ?? 0 };
    return read(type, namespace);
  }

  return read(jsonOf(text), '');
}

/** A registry also holds schemas that are no JSON, such as those of Protobuf. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MillraceError('VALUE_INVALID', 'the schema is not an Avro schema', { cause });
  }
}
