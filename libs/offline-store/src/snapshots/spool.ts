import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A body on disk: its schema can stand at its end, and memory stays small. */
export interface Spooled {
  readonly path: string;
  readonly size: number;
  /** The first bytes. */
  readonly head: Buffer;
}

const HEAD_BYTES = 256 * 1024;

/** Puts a body on disk for as long as it is used. */
export async function withSpooled<T>(body: Readable, use: (spooled: Spooled) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-spine-'));
  try {
    const path = join(folder, 'spine');
    await pipeline(body, createWriteStream(path));
    const { size } = await stat(path);
    return await use({ path, size, head: await headOf(path, Math.min(size, HEAD_BYTES)) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function headOf(path: string, size: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const head = Buffer.alloc(size);
    await file.read(head, 0, size, 0);
    return head;
  } finally {
    await file.close();
  }
}
