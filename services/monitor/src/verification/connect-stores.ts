import type { LogAdmin, LogScanner, SchemaRegistry } from '@millrace/event-log';
import type { Catalog } from '@millrace/feature-registry';
import { type Clock, type Running, startTogether } from '@millrace/kernel';
import { connectClickHouse } from '@millrace/offline-store';
import { connectRedisOnlineStore } from '@millrace/online-store';
import type { VerificationParts } from '@millrace/verification';
import type { MonitorConfig } from '../config.ts';

/**
 * Connects to both stores, beside the connections of the monitor's other work.
 *
 * @throws MillraceError STORE_UNAVAILABLE
 */
export function connectStores(
  config: MonitorConfig,
  others: {
    readonly log: LogAdmin & LogScanner;
    readonly registry: SchemaRegistry;
    readonly catalog: Catalog;
    readonly clock: Clock;
  },
): Promise<Running<VerificationParts>> {
  return startTogether(async (starter) => {
    const clickhouse = await starter.start(() =>
      connectClickHouse({ ...config, clickhouseMaxConnections: 1 }, 'millrace-verification'),
    );
    const onlineStore = await starter.start(() =>
      connectRedisOnlineStore({
        url: config.redisUrl,
        cluster: config.redisCluster,
        name: config.onlineStoreName,
      }),
    );
    return { ...others, clickhouse, onlineStore, collectionHorizon: config.onlineProjectorGcHorizon };
  });
}
