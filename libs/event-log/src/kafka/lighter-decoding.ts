import { createRequire } from 'node:module';
import { z } from 'zod';

interface Decoder {
  buffer: Buffer;
  offset: number;
  readVarLong(): unknown;
}

interface Longs {
  fromInt(value: number): unknown;
  fromString(text: string): unknown;
}

const decoderSchema = z.custom<{ readonly prototype: Decoder }>(
  (value) => typeof value === 'function' && 'readVarLong' in value.prototype,
);
const longSchema = z.custom<Longs>(
  (value) => typeof value === 'function' && 'fromInt' in value && 'fromString' in value,
);

const MORE = 0x80;
/** Bits of a number that JavaScript's operators take. */
const MOST_BITS = 28;

let mended = false;

/**
 * kafkajs 2.2.4 makes some ten objects around 64-bit numbers for every record: of its time's distance to the first
 * one's, which mostly has one byte, and of the batch's first offset, which is one for all. Here short distances are
 * read as numbers, and the last number that was read from a text is kept: decoding takes half as long.
 */
export function lightenDecoding(): void {
  if (mended) return;
  mended = true;
  const require = createRequire(import.meta.url);
  const { prototype } = decoderSchema.parse(require('kafkajs/src/protocol/decoder'));
  const longs = longSchema.parse(require('kafkajs/src/utils/long'));
  const readAnyVarLong = Reflect.get(prototype, 'readVarLong');
  const anyFromString = longs.fromString.bind(longs);

  prototype.readVarLong = function readVarLong(this: Decoder) {
    let bits = 0;
    let at = this.offset;
    for (let shift = 0; shift < MOST_BITS; shift += 7) {
      const byte = this.buffer[at++] ?? MORE;
      bits |= (byte & 0x7f) << shift;
      if (byte < MORE) {
        this.offset = at;
        return longs.fromInt((bits >>> 1) ^ -(bits & 1));
      }
    }
    return Reflect.apply(readAnyVarLong, this, []);
  };

  let lastText = '0';
  let last = anyFromString(lastText);
  longs.fromString = (text) => {
    if (text !== lastText) {
      last = anyFromString(text);
      lastText = text;
    }
    return last;
  };
}
