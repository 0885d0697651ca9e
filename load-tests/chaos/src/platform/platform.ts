import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, portVariable, repositoryRoot, stackVariables } from '@millrace/embedded';
import { answersOk, startComponent, startGuard } from '@millrace/embedded/components';
import { type Running, startTogether } from '@millrace/kernel';
import { putDefinitions } from './put-definitions.ts';
import { Traps } from '../proxy/traps.ts';
import type { Disk } from './disk.ts';
import { type Instance, type InstanceOptions, startInstance } from './instances.ts';
import { type Servers, startServers } from './servers.ts';
import { type Supervised, supervise } from './supervised.ts';

/** The whole platform, each part a process of its own that comes back when it is killed. */
export interface Platform {
  readonly folder: string;
  readonly servers: Servers;
  readonly registry: Supervised & { readonly url: string };
  readonly gateways: readonly Instance[];
  readonly online: readonly Instance[];
  readonly offline: readonly Instance[];
  readonly traps: Traps;
  /** Where the folder lies, when that can be full. */
  readonly disk: Disk | undefined;
}

/** What to run where the platform's own projectors are not. */
export type Mains = Partial<Record<'online-projector' | 'offline-projector', string>>;

/** How to start the platform. */
export interface PlatformOptions {
  /** Takes the servers' data. */
  readonly folder: string;
  /** Takes the services' logs; not in the folder, since a service whose log cannot be written ends. */
  readonly logs: string;
  /** @default the platform's own */
  readonly mains?: Mains;
  readonly disk?: Disk | undefined;
}

/** The least that the broker allows: a killed member holds up its group for so long. */
export const SESSION_TIMEOUT_MS = 3_000;

const env = {
  MILLRACE_LOG_LEVEL: 'warn',
  MILLRACE_KAFKA_PARTITIONS: '4',
  MILLRACE_KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
  MILLRACE_ONLINE_PROJECTOR_CHECKPOINT_MS: '1000',
};

/** Starts four servers, a registry with the definitions of the load, two gateways and two of each projector. */
export function startPlatform({
  folder,
  logs,
  mains = {},
  disk,
}: PlatformOptions): Promise<Running<Platform>> {
  return startTogether(async (starter) => {
    await mkdir(logs, { recursive: true });
    const guard = await starter.start(startGuard);
    const servers = await starter.start(() => startServers(folder, guard));
    const traps = new Traps();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const registry = await starter.start(() =>
      supervise('registry', guard, (context, life) =>
        startComponent(
          {
            name: 'registry',
            command: process.execPath,
            args: [join(repositoryRoot, 'services', 'registry', 'src', 'main.ts')],
            env: { ...stackVariables(servers.addresses), ...env, [portVariable('registry')]: String(port) },
            logFile: join(logs, `registry.${life}.log`),
            ready: () => answersOk(`${url}/health/ready`),
          },
          context,
        ),
      ),
    );
    await putDefinitions(url);
    const common = { servers: servers.addresses, clickhouse: servers.clickhouse, traps, env, logs, guard };
    const instance = (service: InstanceOptions['service'], number: number) => {
      const main = service === 'gateway' ? undefined : mains[service];
      const name = `${service}-${number}`;
      return starter.start(() =>
        startInstance({ ...common, service, name, ...(main === undefined ? {} : { main }) }),
      );
    };
    const [gateways, online, offline] = await Promise.all([
      Promise.all([instance('gateway', 1), instance('gateway', 2)]),
      Promise.all([instance('online-projector', 1), instance('online-projector', 2)]),
      Promise.all([instance('offline-projector', 1), instance('offline-projector', 2)]),
    ]);
    return { folder, servers, registry: { ...registry, url }, gateways, online, offline, traps, disk };
  });
}
