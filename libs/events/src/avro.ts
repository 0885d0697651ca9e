import avro from 'avsc';
import { z } from 'zod';

/** An Avro schema as JSON; whether it is one shows when it is compiled. */
export type AvroSchema = Readonly<Record<string, unknown>>;
/** A compiled Avro schema: encodes and decodes. */
export type AvroType = avro.Type;
/** A compiled rule that reads bytes of one schema as another. */
export type AvroResolver = ReturnType<avro.Type['createResolver']>;

const longAsBigInt = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: (value: string | number) => BigInt(value),
  toJSON: (value: bigint) => (Number.isSafeInteger(Number(value)) ? Number(value) : String(value)),
  isValid: (value: unknown) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
});

const anySchema = z.custom<avro.Schema>();

/**
 * Compiles an Avro schema. Longs, and with them times in microseconds, are `bigint`: avsc's own numbers throw
 * past 2^53. An optional value is plain or null; a union of more types than one names the type of each value
 * (`{ long: 1n }`), so that a long and a double are told apart.
 */
export function compileAvro(schema: AvroSchema): AvroType {
  return avro.Type.forSchema(anySchema.parse(schema), {
    registry: { long: longAsBigInt },
    typeHook(node, options) {
      if (Array.isArray(node)) {
        return node.filter((branch) => branch !== 'null').length > 1
          ? new avro.types.WrappedUnionType(node, options)
          : undefined;
      }
      // The registry answers for the name `long` only, not for `{ type: 'long', logicalType: … }`.
      return isLong(node) ? longAsBigInt : undefined;
    },
  });
}

function isLong(node: unknown): boolean {
  return typeof node === 'object' && node !== null && 'type' in node && node.type === 'long';
}
