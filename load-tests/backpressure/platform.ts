import { type ServiceAddresses, startServices } from '@millrace/embedded';
import { startGuard } from '@millrace/embedded/components';
import { type Running, startTogether } from '@millrace/kernel';
import { type Servers, startServers } from '../chaos/src/platform/servers.ts';
import { putDefinitions } from '../fuzz/records/world.ts';
import { load, pressure } from './view.ts';

const names = ['registry', 'gateway', 'feature-server', 'online-projector', 'offline-projector'] as const;

/** The platform under pressure. */
export interface Platform {
  readonly servers: Servers;
  readonly services: ServiceAddresses<(typeof names)[number]>;
  /** Most bytes of rows that wait for ClickHouse. */
  readonly queueBytes: number;
  /** Services that ended by themselves. */
  readonly ended: readonly string[];
}

/**
 * Starts everything in a folder of its own.
 *
 * @param queueBytes most bytes of rows that wait for ClickHouse.
 */
export function startPlatform(folder: string, queueBytes: number): Promise<Running<Platform>> {
  return startTogether(async (starter) => {
    const guard = await starter.start(startGuard);
    const servers = await starter.start(() => startServers(folder, guard));
    const ended: string[] = [];
    const services = await starter.start(() =>
      startServices(servers.addresses, {
        folder,
        services: names,
        env: {
          MILLRACE_LOG_LEVEL: 'warn',
          MILLRACE_KAFKA_PARTITIONS: '4',
          MILLRACE_OFFLINE_PROJECTOR_QUEUE_BYTES: String(queueBytes),
          MILLRACE_OFFLINE_PROJECTOR_FETCH_BYTES: String(queueBytes / 64),
        },
        onFailure: (error) => void ended.push(error.message),
      }),
    );
    await putDefinitions(services.registry.url, [load, pressure.definition]);
    return { servers, services, queueBytes, ended };
  });
}
