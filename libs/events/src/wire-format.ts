const MAGIC = 0;
const HEADER = 5;

/** Where the Avro bytes begin in a framed value. */
export const PAYLOAD_AT = HEADER;

/** A record value in the Confluent wire format, taken apart. */
export interface Framed {
  readonly schemaId: number;
  /** The Avro bytes, a view into the record's buffer. */
  readonly payload: Buffer;
}

/** Puts the magic byte 0 and the schema id, big-endian, before Avro bytes. */
export function frame(schemaId: number, payload: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(HEADER + payload.length);
  framed[0] = MAGIC;
  framed.writeInt32BE(schemaId, 1);
  framed.set(payload, HEADER);
  return framed;
}

/** The schema id of a framed value; undefined when it is not in the Confluent wire format. */
export function schemaIdOf(value: Buffer): number | undefined {
  return value.length < HEADER || value[0] !== MAGIC ? undefined : value.readInt32BE(1);
}

/** Takes a framed value apart; undefined when it is not in the Confluent wire format. */
export function unframe(value: Buffer): Framed | undefined {
  if (value.length < HEADER || value[0] !== MAGIC) return undefined;
  return { schemaId: value.readInt32BE(1), payload: value.subarray(HEADER) };
}
