import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Readable } from 'node:stream';

/** A named pipe lent out for the result of one query. */
export type LentFifo = {
  readonly path: string;
  readonly stream: Readable;
  /** Says that the engine has written everything: `stream` ends after its last byte, and never before. */
  finish(): void;
  /** Gives the pipe back; call it when the query has ended, or its bytes would get into the next result. */
  release(): void;
};

export type FifoPool = {
  lend(): LentFifo;
  close(): Promise<void>;
};

/** Makes `size` named pipes in `directory`, once: making one costs a child process. */
export async function createFifoPool(directory: string, size: number): Promise<FifoPool> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const free = Array.from({ length: size }, (_, index) => join(directory, String(index)));
  await promisify(execFile)('mkfifo', ['-m', '600', ...free]);

  return {
    lend() {
      const path = free.pop();
      if (path === undefined) throw new Error('more queries run than there are named pipes');
      return openBothEnds(path, () => free.push(path));
    },
    async close() {
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/**
 * Holds a writing end of its own beside the engine's: otherwise the reader would see the end of the stream
 * before the engine opens the pipe, and could not tell a failed query from a finished one.
 */
function openBothEnds(path: string, giveBack: () => void): LentFifo {
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writeEnd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const stream = new Socket({ fd: readEnd, readable: true, writable: false });
  // Whoever reads the stream sees its errors; before that, the query's own error is the one that counts.
  stream.on('error', () => undefined);
  let finished = false;
  const finish = () => {
    if (!finished) closeSync(writeEnd);
    finished = true;
  };
  return {
    path,
    stream,
    finish,
    release() {
      finish();
      if (stream.closed) giveBack();
      else stream.once('close', giveBack).destroy();
    },
  };
}
