import type { Transform } from 'node:stream';
import {
  constants,
  type Zlib,
  createBrotliCompress,
  createDeflate,
  createGzip,
  createZstdCompress,
} from 'node:zlib';

export type Compressor = Transform & Zlib;

export type ResponseEncoding = { readonly name: string; create(): Compressor };

/** In the order in which ClickHouse prefers them. */
const encodings: readonly ResponseEncoding[] = [
  { name: 'zstd', create: () => createZstdCompress() },
  { name: 'br', create: () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 3 } }) },
  { name: 'gzip', create: () => createGzip({ level: 3 }) },
  { name: 'deflate', create: () => createDeflate({ level: 3 }) },
];

/** The first encoding that the client takes; none of them means an answer as it is. */
export function chooseEncoding(acceptEncoding: string | undefined): ResponseEncoding | undefined {
  const accepted = (acceptEncoding ?? '')
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => !/;\s*q=0(\.0*)?$/.test(part))
    .map((part) => part.split(';')[0]);
  return encodings.find((encoding) => accepted.includes(encoding.name));
}
