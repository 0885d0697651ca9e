import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort, readToolchain } from '@millrace/embedded';
import type { Running } from '@millrace/kernel';

/** How a test's Redis keeps its data. */
export interface RedisServerOptions {
  /** Whether it has an append-only file; without one it loses everything when it ends. @default false */
  readonly appendOnly?: boolean;
  /** Whether it is a node of a cluster. @default false */
  readonly cluster?: boolean;
}

/** A Redis of a test's own, to be killed. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder. */
  start(): Promise<void>;
  /** Bytes of its append-only file. */
  logSize(): Promise<number>;
  /** Cuts its append-only file, as when the last second was not on the disk; only while it is down. */
  cutLog(size: number): Promise<void>;
}

/** Starts a Redis that the caller may kill; it and its folder go when it is stopped. */
export async function startRedisServer({
  appendOnly = false,
  cluster = false,
}: RedisServerOptions = {}): Promise<Running<RedisServer>> {
  const { redis } = await readToolchain();
  const folder = await mkdtemp(join(tmpdir(), 'millrace-redis-'));
  const port = await freePort();
  const options = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: appendOnly ? 'yes' : 'no',
    'aof-load-truncated': 'yes',
    ...(cluster ? { 'cluster-enabled': 'yes', 'cluster-node-timeout': '2000' } : {}),
  };
  const args = Object.entries(options).flatMap(([key, value]) => [`--${key}`, value]);
  let child: ChildProcess | undefined;

  async function kill(): Promise<void> {
    const ending = child;
    child = undefined;
    if (ending === undefined) return;
    const ended = once(ending, 'exit');
    ending.kill('SIGKILL');
    await ended;
  }

  async function start(): Promise<void> {
    child = spawn(redis, args, { stdio: 'ignore' });
    while (!(await answers(port))) await pause(20);
  }

  /** The file that grows; servers differ in its name and folder. */
  async function logFile(): Promise<string> {
    const files = await readdir(folder, { recursive: true });
    const file =
      files.find((name) => name.endsWith('.incr.aof')) ?? files.find((name) => name.endsWith('.aof'));
    if (file === undefined) throw new Error('this Redis has no append-only file');
    return join(folder, file);
  }

  await start();
  return {
    value: {
      port,
      url: `redis://127.0.0.1:${port}`,
      kill,
      start,
      logSize: async () => (await stat(await logFile())).size,
      cutLog: async (size) => truncate(await logFile(), size),
    },
    async stop() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Whether it takes commands: while it loads its file it does not. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (answer) => {
      socket.destroy();
      resolve(answer.toString('latin1').startsWith('+PONG'));
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
