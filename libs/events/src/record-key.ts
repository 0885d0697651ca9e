import { MillraceError } from '@millrace/kernel';
import { type AvroType, compileAvro } from './avro.ts';

/** The types that a column of an entity key may have. */
export type KeyColumnType = 'string' | 'int' | 'long' | 'bool';
/** A value of a key column: `int` is a number, `long` a bigint. */
export type KeyValue = string | number | bigint | boolean;
/** The columns of an entity key in their defined order. */
export type KeyColumns = Readonly<Record<string, KeyColumnType>>;
/** The values of an entity key by column. */
export type EntityKey = Readonly<Record<string, KeyValue>>;

/**
 * Encodes entity keys as record keys: the Avro binary encoding of the key record (its columns in order), with
 * no frame and no schema id before it. The same key has the same bytes in every language and for ever, so
 * corrections of one entity keep their order in one partition. Test vectors: `schemas/record-key-vectors.json`.
 */
export class KeyCodec {
  readonly columns: KeyColumns;
  readonly #type: AvroType;

  constructor(columns: KeyColumns) {
    this.columns = columns;
    this.#type = compileAvro(keySchema('Key', columns));
  }

  /** @throws MillraceError KEY_INVALID naming the column. */
  encode(key: EntityKey): Buffer {
    try {
      return this.#type.toBuffer(key);
    } catch (cause) {
      throw new MillraceError(
        'KEY_INVALID',
        `entity key ${describeKey(key)} does not fit ${describeColumns(this.columns)}`,
        { cause },
      );
    }
  }

  /** @throws MillraceError KEY_INVALID when the bytes are not such a key. */
  decode(bytes: Buffer): EntityKey {
    try {
      return { ...this.#type.fromBuffer(bytes) };
    } catch (cause) {
      throw new MillraceError('KEY_INVALID', `record key does not fit ${describeColumns(this.columns)}`, {
        cause,
      });
    }
  }
}

/** The Avro record of an entity key. */
export function keySchema(name: string, columns: KeyColumns, namespace?: string) {
  return {
    type: 'record' as const,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    fields: Object.entries(columns).map(([column, type]) => ({
      name: column,
      type: type === 'bool' ? ('boolean' as const) : type,
    })),
  };
}

/** A key for people: `airport=SFO, route=7`. */
export function describeKey(key: EntityKey): string {
  return Object.entries(key)
    .map(([column, value]) => `${column}=${String(value)}`)
    .join(', ');
}

function describeColumns(columns: KeyColumns): string {
  return `(${Object.entries(columns)
    .map(([column, type]) => `${column} ${type}`)
    .join(', ')})`;
}
