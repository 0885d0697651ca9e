import { AvroReader } from '@millrace/events/avro-bytes';
import type { ResolvedServiceView } from '@millrace/feature-registry';
import { MillraceError } from '@millrace/kernel';
import type { FeatureStatus, ReadServiceOptions, StoredRow } from '@millrace/online-store';
import { endWithout, type FeatureTexts, type Origin } from './feature-texts.ts';
import type { JsonBytes } from './json-bytes.ts';
import { compileRowWriter, type RowWriter } from './row-writer.ts';

type Schemas = NonNullable<ReadServiceOptions['schemas']>;

/** Bytes of magic byte and schema id before the Avro bytes. */
const FRAME = 5;

/** Writes the features of one view of a service, from rows of whichever schemas. */
export class ViewWriter {
  readonly #member: ResolvedServiceView;
  readonly #features: readonly FeatureTexts[];
  readonly #writers = new Map<number, RowWriter>();
  readonly #reader = new AvroReader();

  constructor(member: ResolvedServiceView, features: readonly FeatureTexts[]) {
    this.#member = member;
    this.#features = features;
  }

  /**
   * Compiles what is missing to write these rows. Undefined when all is there, which is nearly always: a promise
   * would cost a turn of every read.
   *
   * @throws MillraceError SCHEMA_UNKNOWN
   */
  prepare(rows: readonly (StoredRow | undefined)[], schemas: Schemas): Promise<void> | undefined {
    const missing = new Set<number>();
    for (const row of rows) {
      if (!row?.value) continue;
      const id = schemaIdOf(row.value);
      if (!this.#writers.has(id)) missing.add(id);
    }
    return missing.size === 0 ? undefined : this.#compile(missing, schemas);
  }

  async #compile(ids: ReadonlySet<number>, schemas: Schemas): Promise<void> {
    const { view } = this.#member;
    for (const id of ids) {
      const text = view.schemas.get(id) ?? (await schemas.schemaById(id));
      if (text === undefined) throw unknownSchema(id, view.definition.name);
      this.#writers.set(id, compileRowWriter(text, this.#features));
    }
  }

  /** Writes the features from a row. */
  writeRow(value: Buffer, origin: Origin, into: JsonBytes): void {
    const id = schemaIdOf(value);
    const write = this.#writers.get(id);
    if (write === undefined) throw unknownSchema(id, this.#member.view.definition.name);
    this.#reader.reset(value, FRAME);
    write(this.#reader, into, origin);
  }

  /** Writes the features without values. */
  writeWithout(status: Exclude<FeatureStatus, 'PRESENT'>, origin: Origin, into: JsonBytes): void {
    for (const { start } of this.#features) {
      into.piece(start);
      endWithout(status, origin, into);
    }
  }
}

function schemaIdOf(value: Buffer): number {
  if (value.length < FRAME || value[0] !== 0) {
    throw new MillraceError('EVENT_MALFORMED', 'a stored row is not in the Confluent wire format');
  }
  return value.readInt32BE(1);
}

function unknownSchema(id: number, view: string): MillraceError {
  return new MillraceError('SCHEMA_UNKNOWN', `the schema ${id} of a row of ${view} is unknown`);
}
