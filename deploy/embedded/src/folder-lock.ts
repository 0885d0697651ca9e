import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MillraceError, type Running } from '@millrace/kernel';

const WAIT_MS = 15_000;

/**
 * Claims a data folder for one stack. The lock names the watchdog's process: it ends after everything that
 * uses the folder, also when the stack's own process was killed, so a lock left behind is waited for shortly.
 *
 * @throws MillraceError STACK_LOCKED when another stack runs on this folder.
 */
export async function lockFolder(folder: string, watchdogPid: number): Promise<Running<undefined>> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'stack.lock');
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    try {
      await writeFile(file, `${watchdogPid}\n${process.pid}\n`, { flag: 'wx' });
      return { value: undefined, stop: () => rm(file, { force: true }) };
    } catch {
      const [watchdog, owner] = await holders(file);
      if (isAlive(owner) || Date.now() > deadline) {
        throw new MillraceError('STACK_LOCKED', `process ${owner} runs a stack on ${folder}`, {
          details: { folder },
        });
      }
      if (isAlive(watchdog)) await delay(50);
      else await rm(file, { force: true });
    }
  }
}

async function holders(file: string): Promise<[number, number]> {
  const [watchdog = '', owner = ''] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  return [Number(watchdog), Number(owner)];
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
