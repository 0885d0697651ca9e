import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MillraceError, type Running } from '@millrace/kernel';
import type { Guard } from './guard.ts';
import { tailOf } from './log-tail.ts';

const POLL_MS = 40;

/** A child process with a name, a log file and a question that tells when it is ready. */
export interface ComponentSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Takes its output; the file of the start before is kept beside it as `.previous`. */
  readonly logFile: string;
  /** Asked again and again until it says yes; a rejection is a no. */
  ready(): Promise<boolean>;
  /** @default 60000 */
  readonly startTimeoutMs?: number;
  /** How long it may take to stop before it is killed. @default 30000 */
  readonly stopTimeoutMs?: number;
}

/** What starting a component needs from its surroundings. */
export interface ComponentContext {
  readonly guard: Guard;
  /** Called when a component ends that was ready and was not told to stop. */
  onFailure(error: MillraceError): void;
  /** Told the process id as soon as the process runs, before it is ready. */
  onSpawn?(pid: number): void;
}

/**
 * Starts a component in its own process group and waits until it is ready.
 *
 * @returns its process id, and how to stop it: SIGTERM, then SIGKILL.
 * @throws MillraceError COMPONENT_FAILED with the name and the tail of the log, when it ends or takes too long.
 */
export async function startComponent(
  spec: ComponentSpec,
  context: ComponentContext,
): Promise<Running<number>> {
  const child = await spawnLogged(spec);
  const pid = child.pid ?? 0;
  context.guard.watch(pid);
  context.onSpawn?.(pid);
  let phase: 'starting' | 'ready' | 'stopping' = 'starting';
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  void ended.then(async (how) => {
    context.guard.release(pid);
    if (phase === 'ready') context.onFailure(await failure(spec, `stopped by itself (${how})`));
  });
  const stop = async () => {
    phase = 'stopping';
    await endGroup(child, ended, spec.stopTimeoutMs ?? 30_000);
  };
  try {
    await untilReady(spec, ended);
  } catch (error) {
    await stop();
    throw error;
  }
  phase = 'ready';
  return { value: pid, stop };
}

async function spawnLogged(spec: ComponentSpec): Promise<ChildProcess> {
  await mkdir(dirname(spec.logFile), { recursive: true });
  await rename(spec.logFile, `${spec.logFile}.previous`).catch(() => undefined);
  const log = await open(spec.logFile, 'a');
  try {
    const child = spawn(spec.command, spec.args, {
      env: { ...process.env, ...spec.env },
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    return child;
  } catch (cause) {
    throw new MillraceError('COMPONENT_FAILED', `${spec.name} could not be run: ${spec.command}`, {
      cause,
      details: { component: spec.name },
    });
  } finally {
    await log.close();
  }
}

async function untilReady(spec: ComponentSpec, ended: Promise<string>): Promise<void> {
  let how: string | undefined;
  void ended.then((value) => {
    how = value;
  });
  const timeoutMs = spec.startTimeoutMs ?? 60_000;
  const deadline = Date.now() + timeoutMs;
  while (!(await spec.ready().catch(() => false))) {
    if (how !== undefined) throw await failure(spec, `did not start (${how})`);
    if (Date.now() > deadline) throw await failure(spec, `was not ready after ${timeoutMs / 1000} s`);
    await delay(POLL_MS);
  }
  if (how !== undefined) throw await failure(spec, `did not start (${how})`);
}

async function failure(spec: ComponentSpec, what: string): Promise<MillraceError> {
  const tail = await tailOf(spec.logFile);
  return new MillraceError('COMPONENT_FAILED', `${spec.name} ${what}; the end of ${spec.logFile}:\n${tail}`, {
    details: { component: spec.name, logFile: spec.logFile },
  });
}

async function endGroup(child: ChildProcess, ended: Promise<string>, timeoutMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const group = -child.pid;
  process.kill(group, 'SIGTERM');
  const timer = setTimeout(() => process.kill(group, 'SIGKILL'), timeoutMs);
  await ended;
  clearTimeout(timer);
}
