import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type MillraceError, type Running, startTogether } from '@millrace/kernel';
import { type ComponentContext, startComponent } from './component.ts';
import { startGuard } from './guard.ts';
import { answersOk } from './http-check.ts';
import { choosePorts, type Ports, type PortWishes } from './ports.ts';
import { recordOf } from './record-of.ts';
import type { StackAddresses } from './stack.ts';
import { startBeside } from './start-beside.ts';
import { repositoryRoot } from './toolchain.ts';

/** The services and the ports that they take when nobody says otherwise. */
export const servicePorts = {
  gateway: 7400,
  'feature-server': 7401,
  registry: 7402,
  monitor: 7403,
  'online-projector': 7404,
  'offline-projector': 7405,
} as const;

/** A service of Millrace: the name of its folder in `services/`. */
export type ServiceName = keyof typeof servicePorts;

/** All services, in the order in which they are listed. */
export const serviceNames: readonly ServiceName[] = [
  'gateway',
  'feature-server',
  'registry',
  'monitor',
  'online-projector',
  'offline-projector',
];

/** Where each service listens. */
export type ServiceAddresses<Name extends ServiceName = ServiceName> = Readonly<
  Record<Name, { readonly url: string }>
>;

/** How to start services. */
export interface ServicesOptions<Name extends ServiceName = ServiceName> {
  /** Takes ports and logs; may be the stack's own folder. */
  readonly folder: string;
  /** Which ones. @default all */
  readonly services?: readonly Name[];
  /** @default the ports of the last start on this folder, else free ones */
  readonly ports?: PortWishes<Name>;
  /** Variables for every service, such as `MILLRACE_LOG_LEVEL`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Told when a service ends by itself. @default write the error to standard error */
  readonly onFailure?: (error: MillraceError) => void;
}

/** Starts every service; see the other form. */
export function startServices(
  stack: StackAddresses,
  options: Omit<ServicesOptions, 'services'>,
): Promise<Running<ServiceAddresses>>;
/**
 * Starts services as child processes and waits until each says that it is ready. They end with `stop()`, and also
 * when this process ends without it.
 *
 * @throws MillraceError COMPONENT_FAILED or PORT_TAKEN; nothing keeps running then.
 */
export function startServices<Name extends ServiceName>(
  stack: StackAddresses,
  options: ServicesOptions<Name> & { readonly services: readonly Name[] },
): Promise<Running<ServiceAddresses<Name>>>;
export function startServices(
  stack: StackAddresses,
  options: ServicesOptions,
): Promise<Running<Partial<ServiceAddresses>>> {
  const folder = resolve(options.folder);
  const names = options.services ?? serviceNames;
  return startTogether(async (starter) => {
    await mkdir(folder, { recursive: true });
    const guard = await starter.start(startGuard);
    const ports: Partial<Ports<ServiceName>> = await choosePorts(folder, names, options.ports ?? {});
    const context: ComponentContext = {
      guard,
      onFailure: options.onFailure ?? ((error) => console.error(error.message)),
    };
    const portOf = (name: ServiceName) => ports[name] ?? servicePorts[name];
    await startBeside(
      starter,
      names.map((name) => {
        const env = { ...stackVariables(stack), ...options.env, [portVariable(name)]: String(portOf(name)) };
        return startService(name, portOf(name), env, folder, context);
      }),
    );
    return recordOf(names, (name) => ({ url: `http://127.0.0.1:${portOf(name)}` }));
  });
}

/** The variables that tell a service where the servers are. */
export function stackVariables(stack: StackAddresses): Record<string, string> {
  return {
    MILLRACE_KAFKA_BROKERS: stack.kafka.brokers.join(','),
    MILLRACE_SCHEMA_REGISTRY_URL: stack.schemaRegistry.url,
    MILLRACE_REDIS_URL: stack.redis.url,
    MILLRACE_CLICKHOUSE_URL: stack.clickhouse.url,
    MILLRACE_CLICKHOUSE_USER: stack.clickhouse.user,
    MILLRACE_CLICKHOUSE_PASSWORD: stack.clickhouse.password,
    MILLRACE_CLICKHOUSE_DATABASE: stack.clickhouse.database,
  };
}

/** The variable of a service's port, such as `MILLRACE_FEATURE_SERVER_PORT`. */
export function portVariable(name: ServiceName): string {
  return `MILLRACE_${name.replaceAll('-', '_').toUpperCase()}_PORT`;
}

function startService(
  name: ServiceName,
  port: number,
  env: Readonly<Record<string, string>>,
  folder: string,
  context: ComponentContext,
): Promise<Running<number>> {
  const url = `http://127.0.0.1:${port}`;
  return startComponent(
    {
      name,
      command: process.execPath,
      args: [join(repositoryRoot, 'services', name, 'src', 'main.ts')],
      env,
      logFile: join(folder, 'logs', `${name}.log`),
      ready: async () => (await answersOk(`${url}/health/live`)) && (await answersOk(`${url}/health/ready`)),
    },
    context,
  );
}
