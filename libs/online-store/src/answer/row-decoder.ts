import { type AvroSchema, compileAvro } from '@millrace/events';
import type { FeatureValue, RegisteredView } from '@millrace/feature-registry';
import { MillraceError } from '@millrace/kernel';
import { z } from 'zod';

/** Where schemas come from that the definitions do not have, such as those of producers in other languages. */
export interface WriterSchemas {
  /** The text of a schema, or undefined when the registry has none with this id. */
  schemaById(id: number): Promise<string | undefined>;
}

/** Decodes some features of rows that one schema wrote; undefined for a feature that the schema does not have. */
type RowDecoder = (value: Buffer) => readonly (FeatureValue | undefined)[];

/** Bytes of magic byte and schema id before the Avro bytes. */
const FRAME = 5;

const field = z.looseObject({ name: z.string(), type: z.json() });
const record = z.looseObject({ type: z.literal('record'), name: z.string(), fields: z.array(field) });

const avroSchema = z.custom<AvroSchema>((schema) => typeof schema === 'object' && schema !== null);

type Decoders = Map<number, RowDecoder>;
const cache = new WeakMap<RegisteredView, Map<string, Decoders>>();

/** The decoders of some features of a view, one for each schema; compiled once for each view as registered. */
export class RowDecoders {
  readonly #view: RegisteredView;
  readonly #features: readonly string[];
  readonly #decoders: Decoders;
  readonly #schemas: WriterSchemas | undefined;

  constructor(view: RegisteredView, features: readonly string[], schemas: WriterSchemas | undefined) {
    this.#view = view;
    this.#features = features;
    this.#schemas = schemas;
    const ofView = cache.get(view) ?? new Map<string, Decoders>();
    cache.set(view, ofView);
    const id = features.join(',');
    this.#decoders = ofView.get(id) ?? new Map();
    ofView.set(id, this.#decoders);
  }

  /** Compiles the decoder of a framed value unless it is there. @throws MillraceError SCHEMA_UNKNOWN */
  async prepare(value: Buffer): Promise<void> {
    const id = schemaIdOf(value);
    if (this.#decoders.has(id)) return;
    const text = this.#view.schemas.get(id) ?? (await this.#schemas?.schemaById(id));
    if (text === undefined) throw this.#unknown(id);
    this.#decoders.set(id, compileDecoder(text, this.#features));
  }

  /** Whether {@link decode} can be called without {@link prepare}. */
  isPrepared(value: Buffer): boolean {
    return this.#decoders.has(schemaIdOf(value));
  }

  /** The values in the order of the features. */
  decode(value: Buffer): readonly (FeatureValue | undefined)[] {
    const id = schemaIdOf(value);
    const decoder = this.#decoders.get(id);
    if (decoder === undefined) throw this.#unknown(id);
    return decoder(value);
  }

  #unknown(id: number): MillraceError {
    const view = this.#view.definition.name;
    return new MillraceError('SCHEMA_UNKNOWN', `the schema ${id} of a row of ${view} is unknown`);
  }
}

/** `unframe` would make a buffer for each row. */
function schemaIdOf(value: Buffer): number {
  if (value.length < FRAME || value[0] !== 0) {
    throw new MillraceError('EVENT_MALFORMED', 'a stored row is not in the Confluent wire format');
  }
  return value.readInt32BE(1);
}

/** Skips the envelope, the key and what was not asked for: only wanted features cost time. */
function compileDecoder(text: string, wanted: readonly string[]): RowDecoder {
  const schema: unknown = JSON.parse(text);
  const row = record.parse(schema);
  const values = row.fields.find(({ name }) => name === 'values');
  const branches = Array.isArray(values?.type) ? values.type : [values?.type];
  const columns = record.parse(branches.find((branch) => branch !== 'null'));
  const written = new Set(columns.fields.map(({ name }) => name));
  const fields = columns.fields.filter(({ name }) => wanted.includes(name));
  const reader = {
    ...row,
    fields: [{ name: 'values', type: ['null', { ...columns, fields }], default: null }],
  };
  const writerType = compileAvro(avroSchema.parse(row));
  const readerType = compileAvro(avroSchema.parse(reader));
  const resolver = readerType.createResolver(writerType);
  const missing = wanted.map((name) => (written.has(name) ? null : undefined));
  return (value) => {
    const decoded: { values: Readonly<Record<string, FeatureValue>> | null } = readerType.decode(
      value,
      5,
      resolver,
    ).value;
    const { values: found } = decoded;
    return found === null ? missing : wanted.map((name) => found[name]);
  };
}
