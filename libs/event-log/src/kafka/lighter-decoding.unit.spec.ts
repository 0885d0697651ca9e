import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { lightenDecoding } from './lighter-decoding.ts';

const require = createRequire(import.meta.url);
const long = z.object({ value: z.bigint() });
const decoderModule = z
  .custom<new (buffer: Buffer) => { offset: number; readVarLong(): unknown }>(
    (value) => typeof value === 'function',
  )
  .parse(require('kafkajs/src/protocol/decoder'));
const longModule = z
  .custom<{ fromValue(value: string): unknown }>((value) => typeof value === 'function')
  .parse(require('kafkajs/src/utils/long'));

/** As the protocol has it: zigzag, then seven bits a byte, the lowest first. */
function varLong(value: bigint): Buffer {
  const bytes: number[] = [];
  let bits = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; bits > 0x7fn; bits >>= 7n) bytes.push(Number(bits & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(bits)]);
}

it('reads every length of number as the protocol has it, and goes on after it', () => {
  lightenDecoding();
  const values = fc.oneof(
    fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
    fc.bigInt({ min: -70n, max: 70n }),
  );
  const edges = [27n, 28n, 31n, 32n].flatMap((bits) => [2n ** bits - 1n, 2n ** bits, -(2n ** bits)]);
  fc.assert(
    fc.property(fc.array(fc.oneof(values, fc.constantFrom(...edges)), { minLength: 1 }), (written) => {
      const decoder = new decoderModule(Buffer.concat(written.map(varLong)));
      expect(written.map(() => long.parse(decoder.readVarLong()).value)).toEqual(written);
    }),
  );
});

it('gives each text its own number, whichever came before', () => {
  lightenDecoding();
  fc.assert(
    fc.property(fc.array(fc.constantFrom('0', '7', '9007199254740993', '-1')), (texts) => {
      expect(texts.map((text) => long.parse(longModule.fromValue(text)).value)).toEqual(texts.map(BigInt));
    }),
  );
});
