import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const listening = z.object({ event: z.literal('listening'), port: z.number() });

export type EndpointProcess = {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly dataDirectory: string;
  kill(signal: NodeJS.Signals): void;
  /** The exit code and signal, when it has ended. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Closes its standard input, as the end of its parent would. */
  closeInput(): void;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
};

/** Starts the endpoint as its own process on a free port, in a new folder unless one is given. */
export async function startEndpointProcess(
  env: Readonly<Record<string, string>> = {},
  dataDirectory?: string,
): Promise<EndpointProcess> {
  const directory = dataDirectory ?? (await mkdtemp(join(tmpdir(), 'millrace-clickhouse-')));
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'main.ts')], {
    env: {
      ...process.env,
      MILLRACE_CLICKHOUSE_DATA: directory,
      MILLRACE_CLICKHOUSE_DATABASE: 'millrace',
      MILLRACE_EXIT_WITH_PARENT: '1',
      ...env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([text]) => String(text)),
    exited.then(({ code }) => Promise.reject(new Error(`the endpoint ended with ${code}: ${errors}`))),
  ]);
  const { port } = listening.parse(JSON.parse(line));
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    dataDirectory: directory,
    kill: (signal) => child.kill(signal),
    exited,
    closeInput: () => child.stdin.end(),
    async stop() {
      child.kill('SIGTERM');
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
