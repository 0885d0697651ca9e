import { type MillraceError, type Running, startTogether } from '@millrace/kernel';
import type { ClickHouseCredentials } from './clickhouse.ts';
import type { PortWishes } from './ports.ts';
import { type ServiceAddresses, type ServiceName, startServices } from './services.ts';
import { type StackAddresses, type StackPort, startStack } from './stack.ts';

/** Where everything listens. */
export interface MillraceAddresses {
  readonly stack: StackAddresses;
  readonly services: ServiceAddresses;
}

/** How to start everything. */
export interface MillraceOptions {
  /** All data, ports and logs; a later start on the same folder goes on with them. */
  readonly folder: string;
  /** @default the ports of the last start, else free ones */
  readonly ports?: { readonly stack?: PortWishes<StackPort>; readonly services?: PortWishes<ServiceName> };
  /** @default user and password `millrace` */
  readonly clickhouse?: ClickHouseCredentials;
  /** Variables for every service, such as `MILLRACE_LOG_LEVEL`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Told when a server or service ends by itself. @default write the error to standard error */
  readonly onFailure?: (error: MillraceError) => void;
}

/**
 * Starts the stack and then the six services.
 *
 * @throws MillraceError as {@link startStack} and {@link startServices} do; nothing keeps running then.
 */
export function startMillrace(options: MillraceOptions): Promise<Running<MillraceAddresses>> {
  const { folder, ports = {}, clickhouse, env, onFailure } = options;
  const told = onFailure === undefined ? {} : { onFailure };
  return startTogether(async (starter) => {
    const stack = await starter.start(() =>
      startStack({
        folder,
        ...told,
        ...(clickhouse === undefined ? {} : { clickhouse }),
        ...(ports.stack === undefined ? {} : { ports: ports.stack }),
      }),
    );
    const services = await starter.start(() =>
      startServices(stack, {
        folder,
        ...told,
        ...(ports.services === undefined ? {} : { ports: ports.services }),
        ...(env === undefined ? {} : { env }),
      }),
    );
    return { stack, services };
  });
}
