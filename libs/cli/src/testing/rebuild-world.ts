import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { createMillrace, type Millrace } from '@millrace/client';
import {
  freePort,
  portVariable,
  repositoryRoot,
  type StackAddresses,
  stackVariables,
  startServices,
  startStack,
} from '@millrace/embedded';
import { type Running, startTogether } from '@millrace/kernel';
import { run } from '../program.ts';
import { recordedTerminal } from './recorded-terminal.ts';

/** One of the two services that a test may kill. */
export type Projector = 'online-projector' | 'offline-projector';

/** A platform of its own, whose projectors a test starts and kills. */
export interface RebuildWorld {
  readonly stack: StackAddresses;
  readonly client: Millrace;
  /** The variables of every service. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs the command line in this process. */
  millrace(
    args: readonly string[],
  ): Promise<{ readonly code: number; readonly written: string; readonly complaints: string }>;
  /** Writes a file and answers its path. */
  file(name: string, text: string): Promise<string>;
  start(name: Projector, env?: Readonly<Record<string, string>>): Promise<void>;
  /** SIGKILL: nothing is stored, committed or said any more. */
  kill(name: Projector): Promise<void>;
  /** SIGTERM. */
  stop(name: Projector): Promise<void>;
  /** Redis forgets everything. */
  emptyRedis(): Promise<void>;
}

/** Starts servers, gateway, feature server and registry, and both projectors with options. */
export function startRebuildWorld(options: Readonly<Record<string, string>>): Promise<Running<RebuildWorld>> {
  return startTogether(async (starter) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-rebuild-'));
    starter.onStop(() => rm(folder, { recursive: true, force: true }));
    const stack = await starter.start(() => startStack({ folder }));
    const env = { ...stackVariables(stack), MILLRACE_LOG_LEVEL: 'info' };
    const addresses = await starter.start(() =>
      startServices(stack, {
        folder,
        // The gateway takes rows that the projectors do not take at first.
        env: { ...env, MILLRACE_MAX_AHEAD: '1d' },
        services: ['gateway', 'feature-server', 'registry'],
      }),
    );
    const ports = { 'online-projector': await freePort(), 'offline-projector': await freePort() };
    const urls = {
      MILLRACE_GATEWAY_URL: addresses.gateway.url,
      MILLRACE_FEATURE_SERVER_URL: addresses['feature-server'].url,
      MILLRACE_REGISTRY_URL: addresses.registry.url,
      MILLRACE_ONLINE_PROJECTOR_URL: `http://127.0.0.1:${ports['online-projector']}`,
      MILLRACE_OFFLINE_PROJECTOR_URL: `http://127.0.0.1:${ports['offline-projector']}`,
    };
    for (const [variable, value] of Object.entries({ ...env, ...urls })) vi.stubEnv(variable, value);
    starter.onStop(() => void vi.unstubAllEnvs());

    const children = new Map<Projector, ChildProcess>();
    async function start(name: Projector, more: Readonly<Record<string, string>> = {}): Promise<void> {
      const output = createWriteStream(join(folder, `${name}.log`), { flags: 'a' });
      await once(output, 'open');
      const child = spawn(process.execPath, [join(repositoryRoot, 'services', name, 'src', 'main.ts')], {
        env: { ...process.env, ...env, [portVariable(name)]: String(ports[name]), ...more },
        stdio: ['ignore', output, output],
      });
      children.set(name, child);
      await vi
        .waitFor(
          async () => {
            const { ok } = await fetch(`http://127.0.0.1:${ports[name]}/health/ready`);
            if (!ok) throw new Error(`${name} is not ready`);
          },
          { timeout: 60_000, interval: 100 },
        )
        .catch(async (cause: unknown) => {
          const said = await readFile(join(folder, `${name}.log`), 'utf8');
          throw new Error(`${name} did not start: ${said.slice(-2_000)}`, { cause });
        });
    }
    async function end(name: Projector, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
      const child = children.get(name);
      children.delete(name);
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    }
    for (const name of ['online-projector', 'offline-projector'] as const) {
      starter.onStop(() => end(name, 'SIGKILL'));
    }
    await Promise.all([start('online-projector', options), start('offline-projector', options)]);
    return {
      stack,
      env: { ...env, ...urls },
      client: createMillrace({
        gatewayUrl: addresses.gateway.url,
        featureServerUrl: addresses['feature-server'].url,
        registryUrl: addresses.registry.url,
        producer: { service: 'test' },
      }),
      async millrace(args) {
        const terminal = recordedTerminal();
        const code = await run(args, terminal);
        return { code, written: terminal.written(), complaints: terminal.complaints() };
      },
      async file(name, text) {
        const path = join(folder, name);
        await writeFile(path, text);
        return path;
      },
      start,
      kill: (name) => end(name, 'SIGKILL'),
      stop: (name) => end(name, 'SIGTERM'),
      async emptyRedis() {
        const { hostname, port } = new URL(stack.redis.url);
        const socket = connect(Number(port), hostname);
        socket.write('FLUSHALL\r\n');
        await once(socket, 'data');
        socket.destroy();
      },
    };
  });
}
