import type { LogRecord, SchemaRegistry } from '@millrace/event-log';
import { packPosition, type Position } from '@millrace/events';
import type { RegisteredView } from '@millrace/feature-registry';
import { checkEventTime, compileRowHead, type RowHeadReader } from '@millrace/feature-registry/row';
import { err, type Micros, MillraceError, ok, type Result } from '@millrace/kernel';
import type { OnlineRow } from '@millrace/online-store';

/** Bytes of magic byte and schema id before the Avro bytes. */
const FRAME = 5;

/** What a record is: a row, or the reason why it is none. */
export type DecodedRecord = Result<OnlineRow, MillraceError>;

type Reader = Result<RowHeadReader, MillraceError>;

/** Turns records of one view's topic into rows. */
export class ViewRows {
  readonly #view: RegisteredView;
  readonly #registry: Pick<SchemaRegistry, 'schemaById'>;
  readonly #maxAhead: Micros;
  readonly #readers = new Map<number, Reader>();
  /** Not remembered for longer than a batch: such a schema may be registered later. */
  readonly #unknown = new Set<number>();
  #partition = -1;
  #first: Position = 0n;

  constructor(view: RegisteredView, registry: Pick<SchemaRegistry, 'schemaById'>, maxAhead: Micros) {
    this.#view = view;
    this.#registry = registry;
    this.#maxAhead = maxAhead;
  }

  /**
   * Gets the schemas that records were written with.
   *
   * @throws MillraceError REGISTRY_UNAVAILABLE: a schema that nobody can tell now is waited for.
   */
  async prepare(records: readonly LogRecord[]): Promise<void> {
    this.#unknown.clear();
    for (const { value } of records) {
      const id = schemaIdOf(value);
      if (id === undefined || this.#readers.has(id) || this.#unknown.has(id)) continue;
      const text = this.#view.schemas.get(id) ?? (await this.#registry.schemaById(id));
      if (text === undefined) this.#unknown.add(id);
      else this.#readers.set(id, this.#compile(id, text));
    }
  }

  /** The row of a record that was prepared, or the error with which it becomes a dead letter. */
  decode(record: LogRecord): DecodedRecord {
    const { value } = record;
    const id = schemaIdOf(value);
    if (value === null || id === undefined) {
      return err(new MillraceError('EVENT_MALFORMED', 'the value is not in the Confluent wire format'));
    }
    const reader = this.#readers.get(id);
    if (reader === undefined) {
      return err(new MillraceError('SCHEMA_UNKNOWN', `the schema registry has no schema ${id}`));
    }
    if (!reader.ok) return reader;
    try {
      return this.#row(record, value, reader.value);
    } catch (error) {
      if (error instanceof MillraceError) return err(error);
      throw error;
    }
  }

  #row({ offset, partition, recordedAt }: LogRecord, value: Buffer, read: RowHeadReader): DecodedRecord {
    const { key, eventTime, eventId, deleted } = read(value, FRAME);
    checkEventTime(eventTime, recordedAt, this.#maxAhead);
    return ok({
      entity: this.#view.entity.name,
      key,
      view: this.#view.definition.name,
      eventTime,
      position: this.#positions(partition) | (offset << 16n),
      eventId,
      recordedAt,
      value: deleted ? null : value,
    });
  }

  /** Of the first record of a partition: for every row, packing it anew would make four numbers more. */
  #positions(partition: number): Position {
    if (partition !== this.#partition) {
      this.#partition = partition;
      this.#first = packPosition({ epoch: this.#view.epoch, offset: 0n, partition });
    }
    return this.#first;
  }

  #compile(schemaId: number, text: string): Reader {
    try {
      return ok(compileRowHead(this.#view, schemaId, text));
    } catch (error) {
      if (error instanceof MillraceError) return err(error);
      throw error;
    }
  }
}

/** The schema id of a framed value. `unframe` would make a buffer for each row. */
function schemaIdOf(value: Buffer | null): number | undefined {
  return value === null || value.length < FRAME || value[0] !== 0 ? undefined : value.readInt32BE(1);
}
