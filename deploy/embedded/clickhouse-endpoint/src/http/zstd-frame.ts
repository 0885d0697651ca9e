import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { ByteReader } from './byte-reader.ts';

const magic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
const dictionaryIdBytes = [0, 1, 2, 4];
const contentSizeBytes = [0, 2, 4, 8];
const runLengthBlock = 1;

/**
 * Decodes zstd frames, one after the other. Node's decoder stops after the first without a word, and takes one
 * that is cut off for whole (Node 24.9): so the frames are told apart here (RFC 8878) and given to it one by one.
 */
export async function* decodeZstdFrames(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  while (true) {
    const start = await reader.take(4, true);
    if (start === undefined) return;
    const found = start.readUInt32LE();
    if (found - (found % 16) === skippableMagic) {
      await reader.take((await reader.take(4)).readUInt32LE());
    } else if (found === magic) {
      const decoder = createZstdDecompress();
      const fed = pipeline(Readable.from(frameBytes(start, reader)), decoder);
      // The error reaches the reader of the decoder, which the pipeline destroys with it.
      fed.catch(() => undefined);
      for await (const chunk of decoder) yield chunk;
      await fed;
    } else {
      throw new Error('not a zstd frame');
    }
  }
}

async function* frameBytes(start: Buffer, reader: ByteReader): AsyncGenerator<Buffer> {
  yield start;
  const descriptor = await reader.take(1);
  yield descriptor;
  const flags = descriptor.readUInt8();
  const isSingleSegment = Math.floor(flags / 32) % 2 === 1;
  const hasChecksum = Math.floor(flags / 4) % 2 === 1;
  const sizeFlag = Math.floor(flags / 64);
  const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : (contentSizeBytes[sizeFlag] ?? 0);
  yield await reader.take((isSingleSegment ? 0 : 1) + (dictionaryIdBytes[flags % 4] ?? 0) + sizeBytes);
  let isLast = false;
  while (!isLast) {
    const header = await reader.take(3);
    const fields = header.readUIntLE(0, 3);
    isLast = fields % 2 === 1;
    const type = Math.floor(fields / 2) % 4;
    yield header;
    yield await reader.take(type === runLengthBlock ? 1 : Math.floor(fields / 8));
  }
  if (hasChecksum) yield await reader.take(4);
}
