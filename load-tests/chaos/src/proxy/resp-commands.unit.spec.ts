import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RespCommands } from './resp-commands.ts';

function encode(args: readonly Uint8Array[]): Buffer {
  const parts = args.flatMap((arg) => [
    Buffer.from(`$${arg.length}\r\n`),
    Buffer.from(arg),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([Buffer.from(`*${args.length}\r\n`), ...parts]);
}

test('commands are the same however the stream is cut', () => {
  const command = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 8 }), fc.array(fc.nat(200)), (sent, cuts) => {
      const whole = sent.map(encode);
      const stream = Buffer.concat(whole);
      const places = [
        0,
        ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b),
        stream.length,
      ];
      const parser = new RespCommands();
      const found = places.flatMap((from, index) =>
        parser.push(stream.subarray(from, places[index + 1] ?? stream.length)),
      );
      expect(Buffer.concat(found.map(({ bytes }) => bytes))).toEqual(stream);
      expect(found.map(({ bytes }) => bytes.length)).toEqual(whole.map(({ length }) => length));
      expect(found.map(({ head }) => head[0])).toEqual(
        sent.map(([name]) => Buffer.from(name ?? []).toString('latin1')),
      );
    }),
  );
});
