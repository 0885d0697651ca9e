import type { Producer } from '@millrace/events';
import { ByteWriter } from './byte-writer.ts';

/** The end of an envelope, who sent the event and for what work, in Avro: the same for all rows of a request. */
export function encodeSource(producer: Producer, traceparent: string | null): Buffer {
  const out = new ByteWriter(512);
  out.string(producer.service);
  optional(producer.version, out);
  optional(producer.commit, out);
  optional(traceparent, out);
  return out.end();
}

function optional(text: string | null, out: ByteWriter): void {
  out.byte(text === null ? 0 : 2);
  if (text !== null) out.string(text);
}
