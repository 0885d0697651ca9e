import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Runs `work` while no other process runs under the same lock file. A lock whose process is gone does not count.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {(line: string) => void} report told once when somebody else is waited for
 * @returns {Promise<T>}
 */
export async function withLock(file, work, report) {
  await mkdir(dirname(file), { recursive: true });
  await acquire(file, report);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function acquire(file, report) {
  let told = false;
  while (true) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => ''));
    if (holder && !isAlive(holder)) {
      await rm(file, { force: true });
      continue;
    }
    if (!told) report(`Waiting for another set-up (process ${holder || 'unknown'}) …`);
    told = true;
    await delay(200);
  }
}

function isAlive(processId) {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
