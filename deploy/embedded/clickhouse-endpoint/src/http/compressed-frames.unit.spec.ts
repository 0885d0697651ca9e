import { Readable } from 'node:stream';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBlock, decodeLz4Frames } from './lz4-frame.ts';
import { decodeZstdFrames } from './zstd-frame.ts';

type Decoder = (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>;

async function decode(decoder: Decoder, bytes: Buffer, pieceBytes = 7): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes));
  const decoded: Buffer[] = [];
  for await (const chunk of decoder(Readable.from(pieces))) decoded.push(chunk);
  return Buffer.concat(decoded);
}

/** A frame with linked blocks of 64 KiB at most, as the reference tool writes it. */
function lz4Frame(...blocks: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [Buffer.from([0x04, 0x22, 0x4d, 0x18, 0b0100_0000, 0x40, 0])];
  for (const block of blocks) {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(block.length);
    parts.push(size, block);
  }
  return Buffer.concat([...parts, Buffer.alloc(4)]);
}

describe('decodeZstdFrames', () => {
  it('decodes one frame after the other, however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 5000 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 4000 }),
        async (contents, pieceBytes) => {
          const frames = Buffer.concat(contents.map((content) => zstdCompressSync(content)));
          expect(await decode(decodeZstdFrames, frames, pieceBytes)).toEqual(Buffer.concat(contents));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('refuses a frame that is cut off anywhere', async () => {
    const frame = zstdCompressSync(Buffer.from('rows '.repeat(1000)));
    for (let length = 1; length < frame.length; length += 1) {
      await expect(decode(decodeZstdFrames, frame.subarray(0, length))).rejects.toThrow('cut off');
    }
  });

  it('refuses what follows a frame', async () => {
    const frame = zstdCompressSync(Buffer.from('rows'));
    await expect(decode(decodeZstdFrames, Buffer.concat([frame, Buffer.from('more')]))).rejects.toThrow(
      'not a zstd frame',
    );
  });
});

describe('decodeLz4Frames', () => {
  // "abcd" as literals, then a match of 8 bytes 4 back, then the literals "end!!".
  const block = Buffer.from([0x44, ...Buffer.from('abcd'), 4, 0, 0x50, ...Buffer.from('end!!')]);

  it('decodes literals and overlapping matches', () => {
    const target = Buffer.alloc(100);
    expect(target.toString('utf8', 0, decodeBlock(block, target, 0))).toBe('abcdabcdabcdend!!');
  });

  it('lets a block refer to the one before it, and takes several frames', async () => {
    // A match of 17 bytes, all 17 that the first block has given.
    const linked = Buffer.from([0x0d, 17, 0, 0x50, ...Buffer.from('12345')]);
    const text = 'abcdabcdabcdend!!abcdabcdabcdend!!12345';
    const frames = Buffer.concat([lz4Frame(block, linked), lz4Frame(block)]);
    expect((await decode(decodeLz4Frames, frames)).toString()).toBe(`${text}abcdabcdabcdend!!`);
  });

  it('refuses a frame that is cut off anywhere, and broken blocks', async () => {
    const frame = lz4Frame(block);
    for (let length = 1; length < frame.length; length += 1) {
      await expect(decode(decodeLz4Frames, frame.subarray(0, length))).rejects.toThrow('cut off');
    }
    await expect(decode(decodeLz4Frames, lz4Frame(Buffer.from([0x04, 9, 0])))).rejects.toThrow('broken');
    await expect(decode(decodeLz4Frames, Buffer.from('not lz4 at all'))).rejects.toThrow('not an LZ4 frame');
  });
});
