import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Running } from '@millrace/kernel';

const run = promisify(execFile);

/** A file system of its own for the platform's folder, which can be full. */
export interface Disk {
  /** From now on there is no room for another block. */
  fill(): Promise<void>;
  /** There is room again. */
  free(): Promise<void>;
}

const SIZE = '6g';
const MOST_TRIES = 100;

/**
 * Puts the folder, which must be empty, on a file system in memory.
 *
 * @returns undefined where this process may not do that: it takes root, on Linux.
 */
export async function mountDisk(folder: string): Promise<Running<Disk> | undefined> {
  const mount = (options: string) => run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  try {
    await mount(`size=${SIZE},mode=700`);
  } catch {
    return undefined;
  }
  return {
    value: {
      async fill() {
        for (let tries = 1; ; tries += 1) {
          const { bsize, blocks, bfree } = await statfs(folder);
          try {
            await mount(`remount,size=${(blocks - bfree + 1) * bsize}`);
            return;
          } catch (error) {
            // Somebody wrote meanwhile: it would be smaller than what it holds.
            if (tries === MOST_TRIES) throw error;
          }
        }
      },
      async free() {
        await mount(`remount,size=${SIZE}`);
      },
    },
    async stop() {
      await run('umount', ['-l', folder]);
    },
  };
}
