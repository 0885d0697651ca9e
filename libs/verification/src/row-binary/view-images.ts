import type { SchemaRegistry } from '@millrace/event-log';
import { unframe } from '@millrace/events';
import type { RegisteredView } from '@millrace/feature-registry';
import { compileRowHead, type RowHeadReader } from '@millrace/feature-registry/row';
import { MillraceError } from '@millrace/kernel';
import { compileTranscoder, type RecordPlace, type RowTranscoder, RowWriter } from '@millrace/offline-store';
import { type BinaryRow, type FormatColumn, RowFormat } from './row-format.ts';

/** A record of a view as the offline store would hold it. */
export interface RowImage extends BinaryRow {
  /** The columns of the record's schema. */
  readonly format: RowFormat;
}

interface SchemaImages {
  readonly head: RowHeadReader;
  readonly transcoder: RowTranscoder;
  readonly format: RowFormat;
}

/** Event times are bounded by what is in the log already. */
const ANY_TIME = 1n << 62n;

/** Makes rows of a view's table out of records, the way the offline projector does. */
export class ViewImages {
  readonly #view: RegisteredView;
  readonly #registry: Pick<SchemaRegistry, 'schemaById'>;
  readonly #types: ReadonlyMap<string, string>;
  readonly #schemas = new Map<number, SchemaImages | MillraceError>();

  /** @param table the columns of the view's table. */
  constructor(
    view: RegisteredView,
    registry: Pick<SchemaRegistry, 'schemaById'>,
    table: readonly FormatColumn[],
  ) {
    this.#view = view;
    this.#registry = registry;
    this.#types = new Map(table.map(({ name, type }) => [name, type]));
  }

  /** Gets the schema that a value was written with. @throws MillraceError REGISTRY_UNAVAILABLE */
  async prepare(value: Buffer | null): Promise<void> {
    const id = value === null ? undefined : unframe(value)?.schemaId;
    if (id === undefined || this.#schemas.has(id)) return;
    const text = this.#view.schemas.get(id) ?? (await this.#registry.schemaById(id));
    this.#schemas.set(id, this.#compile(id, text));
  }

  #compile(id: number, text: string | undefined): SchemaImages | MillraceError {
    if (text === undefined) return new MillraceError('SCHEMA_UNKNOWN', `no schema ${id} is registered`);
    try {
      const transcoder = compileTranscoder(this.#view, id, text, ANY_TIME);
      const columns = transcoder.columns.map((name) => ({ name, type: this.#types.get(name) ?? 'String' }));
      const head = compileRowHead(this.#view, id, text);
      return { head, transcoder, format: new RowFormat(columns) };
    } catch (error) {
      if (error instanceof MillraceError) return error;
      throw error;
    }
  }

  /**
   * The row of a value that was prepared.
   *
   * @throws MillraceError EVENT_MALFORMED, VALUE_INVALID, TIME_INVALID, SCHEMA_UNKNOWN: no row can be made of it.
   */
  image(value: Buffer | null, place: RecordPlace): RowImage {
    const { payload, schema } = this.#opened(value);
    const writer = new RowWriter(payload.length * 2 + 128);
    schema.transcoder.write(writer, payload, place);
    const row = schema.format.rowAt(writer.toBuffer(), 0);
    if (row === undefined) throw new MillraceError('INTERNAL', 'a row was not written to its end');
    return { ...row, format: schema.format };
  }

  /** The entity key of a value that was prepared, as `KeyCodec` encodes it. @throws MillraceError as {@link image}. */
  keyOf(value: Buffer | null): Buffer {
    const { payload, schema } = this.#opened(value);
    return schema.head(payload, 0).key;
  }

  #opened(value: Buffer | null): { readonly payload: Buffer; readonly schema: SchemaImages } {
    const framed = value === null ? undefined : unframe(value);
    if (framed === undefined)
      throw new MillraceError('EVENT_MALFORMED', 'the value is not in the Confluent wire format');
    const schema = this.#schemas.get(framed.schemaId);
    if (schema === undefined)
      throw new MillraceError('INTERNAL', `schema ${framed.schemaId} was not prepared`);
    if (schema instanceof MillraceError) throw schema;
    return { payload: framed.payload, schema };
  }
}
