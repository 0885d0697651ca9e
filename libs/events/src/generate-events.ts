import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';

const schemasFolder = new URL('../../../schemas/', import.meta.url);

const recordSchema = z.object({
  type: z.literal('record'),
  name: z.string(),
  namespace: z.string().optional(),
  doc: z.string().optional(),
  fields: z.array(z.looseObject({ name: z.string(), type: z.json(), doc: z.string().optional() })),
});
type RecordSchema = z.infer<typeof recordSchema>;

/** The TypeScript module of all event types, and of their schemas with every named type inlined. */
export function generateEvents(): string {
  const files = readdirSync(schemasFolder)
    .filter((file) => file.endsWith('.avsc'))
    .sort();
  const records = new Map<string, RecordSchema>();
  for (const file of files) {
    const record = recordSchema.parse(JSON.parse(readFileSync(new URL(file, schemasFolder), 'utf8')));
    records.set(record.name, record);
  }
  const interfaces = new Map<string, string>();
  for (const record of records.values()) typeOfRecord(record, interfaces);
  const schemas = [...records.values()].map(
    (record) => `  ${record.name}: ${JSON.stringify(inline(record, records, new Set()))},`,
  );
  return [
    '// Generated from schemas/*.avsc by `node libs/events/generate.ts`. A test keeps them equal.',
    '',
    ...interfaces.values(),
    '/** The Avro schema of each record, complete in itself. */',
    'export const eventSchemas = {',
    ...schemas,
    '} as const;',
    '',
  ].join('\n');
}

function typeOfRecord(record: RecordSchema, interfaces: Map<string, string>): string {
  if (!interfaces.has(record.name)) {
    interfaces.set(record.name, '');
    const fields = record.fields.map((field) => {
      const doc = field.doc === undefined ? '' : `  /** ${field.doc} */\n`;
      return `${doc}  readonly ${field.name}: ${typeOf(field.type, interfaces)};`;
    });
    const doc = record.doc === undefined ? '' : `/** ${record.doc} */\n`;
    interfaces.set(record.name, `${doc}export interface ${record.name} {\n${fields.join('\n')}\n}\n`);
  }
  return record.name;
}

const primitives: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'bigint',
  float: 'number',
  double: 'number',
  string: 'string',
  bytes: 'Buffer',
};

function typeOf(type: unknown, interfaces: Map<string, string>): string {
  if (typeof type === 'string') return primitives[type] ?? type.replace(/^millrace\./, '');
  if (Array.isArray(type)) {
    // As compileAvro reads them.
    const wrapped = type.filter((branch) => branch !== 'null').length > 1;
    return type
      .map((branch) => {
        const inner = typeOf(branch, interfaces);
        return wrapped && inner !== 'null' ? `{ readonly ${branchName(branch)}: ${inner} }` : inner;
      })
      .join(' | ');
  }
  const complex = z.looseObject({ type: z.json() }).parse(type);
  if (complex.type === 'record') return typeOfRecord(recordSchema.parse(complex), interfaces);
  if (complex.type === 'array') {
    const items = typeOf(complex['items'], interfaces);
    return `readonly ${items.includes('|') ? `(${items})` : items}[]`;
  }
  if (complex.type === 'map') return `Readonly<Record<string, ${typeOf(complex['values'], interfaces)}>>`;
  return typeOf(complex.type, interfaces);
}

function branchName(branch: unknown): string {
  return typeof branch === 'string' ? branch : z.looseObject({ type: z.string() }).parse(branch).type;
}

/** Puts the definition of a named type in the place of its first mention. */
function inline(node: unknown, records: ReadonlyMap<string, RecordSchema>, seen: Set<string>): unknown {
  if (typeof node === 'string' && node.startsWith('millrace.')) {
    const record = records.get(node.slice('millrace.'.length));
    if (record === undefined) return node;
    return seen.has(record.name) ? node : inline(record, records, seen);
  }
  if (Array.isArray(node)) return node.map((item) => inline(item, records, seen));
  if (typeof node !== 'object' || node === null) return node;
  const record = recordSchema.safeParse(node);
  if (record.success) seen.add(record.data.name);
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      key === 'doc' || key === 'name' || key === 'namespace' ? value : inline(value, records, seen),
    ]),
  );
}
