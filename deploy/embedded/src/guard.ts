import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Running } from '@millrace/kernel';

/** Remembers process groups that must not outlive this process. */
export interface Guard {
  /** The guard's own process. */
  readonly pid: number;
  /** Ends this process group when this process ends, even by SIGKILL. */
  watch(pid: number): void;
  /** Forgets a process group that has ended. */
  release(pid: number): void;
}

/** Starts the watchdog, a process that outlives this one by just long enough to end what it started. */
export async function startGuard(): Promise<Running<Guard>> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'watchdog.ts')], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Its end is noticed nowhere and harms nobody who still runs.
  child.stdin.on('error', () => undefined);
  if (child.stdin instanceof Socket) child.stdin.unref();
  child.unref();
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  return {
    value: {
      pid: child.pid ?? 0,
      watch: (pid) => void child.stdin.write(`+${pid}\n`),
      release: (pid) => void child.stdin.write(`-${pid}\n`),
    },
    async stop() {
      child.stdin.end();
    },
  };
}
