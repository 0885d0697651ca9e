import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate, type Zlib } from 'node:zlib';
import { ClickHouseError, notImplemented } from '../clickhouse-error.ts';
import { decodeLz4Frames } from './lz4-frame.ts';
import { decodeZstdFrames } from './zstd-frame.ts';

const decoders: Readonly<Record<string, () => Transform & Zlib>> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** The chunks of a socket are small; a file takes many of them in one write. */
const fileBufferBytes = 1024 * 1024;

/** A request's bytes after Content-Encoding, read from the front. */
export type RequestBody = {
  /** Reads up to `size` bytes more and gives all that was read so far; fewer only when the body has ended. */
  peek(size: number): Promise<Buffer>;
  /** Writes everything from `offset` on to a file. Throws when the client left before the end. */
  writeTo(path: string, offset: number): Promise<void>;
};

/** Throws 501 for an encoding that the endpoint does not know. `prefix` stands before the body. */
export function openRequestBody(request: IncomingMessage, prefix: Buffer): RequestBody {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? '';
  const source = decoded(request, encoding);
  const chunks = source[Symbol.asyncIterator]();
  let head = prefix;
  let ended = false;

  const read = async (): Promise<Buffer | undefined> => {
    if (ended) return undefined;
    try {
      const next = await chunks.next();
      if (!next.done) return Buffer.from(next.value);
    } catch (error) {
      throw brokenBody(error);
    }
    // A chunked request that is cut off ends its stream like a whole one.
    if (!request.complete) throw brokenBody(undefined);
    ended = true;
    return undefined;
  };

  return {
    async peek(size) {
      const parts = [head];
      let length = head.length;
      while (length < size) {
        const chunk = await read();
        if (chunk === undefined) break;
        parts.push(chunk);
        length += chunk.length;
      }
      head = parts.length === 1 ? head : Buffer.concat(parts, length);
      return head;
    },
    async writeTo(path, offset) {
      const rest = async function* () {
        if (offset < head.length) yield head.subarray(offset);
        for (let chunk = await read(); chunk !== undefined; chunk = await read()) yield chunk;
      };
      const file = createWriteStream(path, { flags: 'wx', mode: 0o600, highWaterMark: fileBufferBytes });
      await pipeline(Readable.from(rest(), { objectMode: false, highWaterMark: fileBufferBytes }), file);
    },
  };
}

function decoded(request: IncomingMessage, encoding: string): Readable {
  if (encoding === '' || encoding === 'identity') return request;
  if (encoding === 'lz4') return Readable.from(decodeLz4Frames(request));
  if (encoding === 'zstd') return Readable.from(decodeZstdFrames(request));
  const decoder = decoders[encoding];
  if (!decoder) throw notImplemented(`Content-Encoding '${encoding}' is not supported`);
  return Readable.from(decodeWhole(request, decoder()));
}

/** Node's decoders pass over what follows the end of a compressed stream; here that is an error. */
async function* decodeWhole(request: IncomingMessage, decoder: Transform & Zlib): AsyncGenerator<Buffer> {
  let received = 0;
  const counted = async function* () {
    for await (const chunk of request) {
      received += chunk.length;
      yield chunk;
    }
  };
  const fed = pipeline(Readable.from(counted()), decoder);
  // The error reaches the reader of the decoder, which the pipeline destroys with it.
  fed.catch(() => undefined);
  for await (const chunk of decoder) yield chunk;
  await fed;
  if (decoder.bytesWritten !== received) throw new Error('bytes follow the end of the compressed stream');
}

function brokenBody(cause: unknown): ClickHouseError {
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  return new ClickHouseError(
    33,
    'CANNOT_READ_ALL_DATA',
    `The request's body is broken or ended early${reason}`,
    { cause },
  );
}
