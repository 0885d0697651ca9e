import { connectKafka, connectSchemaRegistry, EventCodec } from '@millrace/event-log';
import { describeError, type Running, startTogether } from '@millrace/kernel';
import { connectClickHouse, openOfflineStore, openSnapshots } from '@millrace/offline-store';
import { connectRedisOnlineStore } from '@millrace/online-store';
import { followDefinitions } from '@millrace/processing';
import { createHttpApp, createMetrics, listen, type Logger, withOpenApi } from '@millrace/telemetry';
import type { FeatureServerConfig } from './config.ts';
import { onlineMetrics } from './online/metrics.ts';
import { addOnlineRoutes } from './online/routes.ts';
import { ServiceCache } from './online/service-cache.ts';
import { snapshotMetrics } from './snapshots/metrics.ts';
import { addSnapshotRoutes } from './snapshots/routes.ts';

/** How to start the feature server. */
export interface FeatureServerOptions {
  readonly config: FeatureServerConfig;
  readonly logger: Logger;
  /** Called once when the service cannot go on. */
  readonly onFailure: (error: unknown) => void;
}

/** Starts the feature server: follows the definitions, connects to both stores, then listens. */
export function startFeatureServer(
  options: FeatureServerOptions,
): Promise<Running<{ readonly port: number }>> {
  const { config, logger, onFailure } = options;
  return startTogether(async (starter) => {
    const metrics = createMetrics('feature-server');
    const log = await starter.start(() => connectKafka({ clientId: 'millrace-feature-server', config }));
    const schemas = connectSchemaRegistry(config);
    const definitions = await starter.start(() => followDefinitions(log, new EventCodec(schemas), onFailure));
    const store = await starter.start(() =>
      connectRedisOnlineStore({
        url: config.redisUrl,
        cluster: config.redisCluster,
        onError: (error) => logger.warn({ err: error }, 'lost the online store'),
      }),
    );
    const services = new ServiceCache(definitions.catalog);
    starter.onStop(definitions.onChange(() => services.clear()));

    const client = await starter.start(() => connectClickHouse(config, 'millrace-feature-server'));
    const deployment = { cluster: config.clickhouseCluster };
    await openOfflineStore(client, deployment);
    const snapshots = openSnapshots({
      client,
      deployment,
      resolveKnownAt: (wanted, at) => log.vectorAt(wanted, at),
      waitMs: config.snapshotWaitMs,
    });

    const problems = async () => {
      const asked = await Promise.allSettled([store.applied(), client.query({ query: 'SELECT 1' })]);
      return asked.flatMap((answer) => (answer.status === 'rejected' ? [describeError(answer.reason)] : []));
    };
    const app = createHttpApp({ logger, metrics, problems });
    await withOpenApi(app, {
      title: 'Millrace feature server',
      description: 'Features as they are now, and training snapshots of what they were.',
    });
    addOnlineRoutes(app, {
      store,
      services,
      schemas,
      metrics: onlineMetrics(metrics),
      mostEntities: config.onlineMostEntities,
      waitMs: config.onlineWaitMs,
    });
    addSnapshotRoutes(app, {
      snapshots,
      catalog: definitions.catalog,
      metrics: snapshotMetrics(metrics),
      mostMebibytes: config.spineMostMebibytes,
    });
    return starter.start(() => listen(app, { host: config.host, port: config.featureServerPort }));
  });
}
