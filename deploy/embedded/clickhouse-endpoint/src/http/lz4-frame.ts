import { ByteReader } from './byte-reader.ts';

/**
 * LZ4 frames (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md), which Node does not know and
 * clickhouse-connect sends unless told otherwise. Checksums are skipped: TCP has its own.
 */

const magic = 0x184d2204;
const skippableMagic = 0x184d2a50;
const windowBytes = 64 * 1024;
const uncompressedFlag = 0x8000_0000;

/** Decodes one frame after the other. Throws when the last one is cut off. */
export async function* decodeLz4Frames(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  while (true) {
    const start = await reader.take(4, true);
    if (start === undefined) return;
    const found = start.readUInt32LE();
    // oxlint-disable-next-line no-bitwise
    if ((found & 0xffff_fff0) >>> 0 === skippableMagic) {
      await reader.take((await reader.take(4)).readUInt32LE());
    } else if (found === magic) {
      yield* decodeFrame(reader);
    } else {
      throw new Error('not an LZ4 frame');
    }
  }
}

async function* decodeFrame(reader: ByteReader): AsyncGenerator<Buffer> {
  const [flags = 0, descriptor = 0] = await reader.take(2);
  const has = (bit: number) => Math.floor(flags / 2 ** bit) % 2 === 1;
  const maxBlockBytes = 2 ** (8 + 2 * (Math.floor(descriptor / 16) % 8));
  if (Math.floor(flags / 64) !== 1) throw new Error('unknown version of the LZ4 frame format');
  if (has(0)) throw new Error('LZ4 dictionaries are not supported');
  await reader.take((has(3) ? 8 : 0) + 1);

  // A block may refer to the 64 KiB before it, so those stay in front of the place it is decoded to.
  const window = Buffer.alloc(windowBytes + maxBlockBytes);
  let filled = 0;
  while (true) {
    const header = (await reader.take(4)).readUInt32LE();
    if (header === 0) break;
    const isPlain = header >= uncompressedFlag;
    const block = await reader.take(header % uncompressedFlag);
    if (has(4)) await reader.take(4);
    if (filled > windowBytes) {
      window.copyWithin(0, filled - windowBytes, filled);
      filled = windowBytes;
    }
    if (block.length > maxBlockBytes) throw new Error('an LZ4 block is larger than its frame allows');
    const end = isPlain ? filled + block.copy(window, filled) : decodeBlock(block, window, filled);
    yield Buffer.from(window.subarray(filled, end));
    filled = end;
  }
  if (has(2)) await reader.take(4);
}

/** Decodes a block to `target` from `start` on; gives where it ends. */
export function decodeBlock(block: Buffer, target: Buffer, start: number): number {
  let read = 0;
  let write = start;
  const length = (nibble: number): number => {
    let total = nibble;
    if (nibble < 15) return total;
    while (true) {
      const more = block[read];
      if (more === undefined) throw new Error('an LZ4 block is cut off');
      read += 1;
      total += more;
      if (more < 255) return total;
    }
  };
  while (read < block.length) {
    const token = block[read] ?? 0;
    read += 1;
    const literals = length(Math.floor(token / 16));
    if (read + literals > block.length || write + literals > target.length)
      throw new Error('an LZ4 block is broken');
    block.copy(target, write, read, read + literals);
    read += literals;
    write += literals;
    if (read === block.length) break;
    if (read + 2 > block.length) throw new Error('an LZ4 block is cut off');
    const offset = block.readUInt16LE(read);
    read += 2;
    const matched = length(token % 16) + 4;
    if (offset === 0 || offset > write || write + matched > target.length)
      throw new Error('an LZ4 block is broken');
    write = copyMatch(target, write, offset, matched);
  }
  return write;
}

/** A match may overlap what it writes: it then repeats its own beginning. */
function copyMatch(target: Buffer, at: number, offset: number, length: number): number {
  const end = at + length;
  let available = offset;
  let write = at;
  while (write < end) {
    const step = Math.min(available, end - write);
    target.copyWithin(write, at - offset, at - offset + step);
    write += step;
    available += step;
  }
  return end;
}
