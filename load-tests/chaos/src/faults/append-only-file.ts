import { mkdir, readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Redis flushes its file so often. */
const FLUSH_MS = 1_000;
const MOST_WAITS = 10;

/** Removes all that Redis keeps in a folder, as if it had never had a file. */
export async function loseEverything(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

/**
 * Waits until Redis has written for a second.
 *
 * @returns what a machine that fails now does to the file: what was not flushed then is gone.
 */
export async function lostSecond(folder: string): Promise<() => Promise<void>> {
  const file = await appendOnlyFile(folder);
  const flushed = await sizeOf(file);
  for (let waits = 0; waits < MOST_WAITS; waits++) {
    await delay(FLUSH_MS);
    if ((await sizeOf(file)) > flushed) break;
  }
  return async () => {
    // A file that was written anew meanwhile is shorter or another one, and whole.
    if (file === (await appendOnlyFile(folder)) && (await sizeOf(file)) > flushed)
      await truncate(file, flushed);
  };
}

/** Since version 7 there are several, of which the one that grows is numbered. */
async function appendOnlyFile(folder: string): Promise<string> {
  const parts = join(folder, 'appendonlydir');
  const growing = (await readdir(parts).catch((): string[] => [])).filter((name) =>
    name.endsWith('.incr.aof'),
  );
  const last = growing.sort((a, b) => numberOf(a) - numberOf(b)).at(-1);
  return last === undefined ? join(folder, 'appendonly.aof') : join(parts, last);
}

function numberOf(name: string): number {
  return Number(name.split('.').at(-3));
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
