import { setTimeout as delay } from 'node:timers/promises';
import { connectKafka, connectSchemaRegistry, EventCodec } from '@millrace/event-log';
import { type Clock, type Running, startTogether, systemClock } from '@millrace/kernel';
import { connectClickHouse, openOfflineStore } from '@millrace/offline-store';
import { followDefinitions } from '@millrace/processing';
import { createHttpApp, createMetrics, listen, type Logger, withOpenApi } from '@millrace/telemetry';
import { clickHouseQueries } from './clickhouse-queries.ts';
import type { MonitorConfig } from './config.ts';
import { followModels } from './followed-models.ts';
import { monitorMetrics } from './metrics.ts';
import { Monitoring } from './monitoring.ts';
import { openRetrainingLog } from './retraining-log.ts';
import { retrainingReactor } from './retraining-reactor.ts';
import { addRoutes } from './routes.ts';
import { connectStores } from './verification/connect-stores.ts';
import { verificationMetrics } from './verification/metrics.ts';
import { VerificationSchedule } from './verification/schedule.ts';
import { openWindowLog } from './window-log.ts';

/** How to start the monitor. */
export interface MonitorServiceOptions {
  readonly config: MonitorConfig;
  readonly logger: Logger;
  /** Called once when the service cannot go on. */
  readonly onFailure: (error: unknown) => void;
  readonly clock?: Clock;
}

/**
 * Starts the monitor: reads definitions, models, windows and retraining requests from the log, then closes
 * windows as their rows are applied in the offline store.
 *
 * @returns the port that it listens on.
 */
export function startMonitor(options: MonitorServiceOptions): Promise<Running<{ readonly port: number }>> {
  const { config, logger, onFailure, clock = systemClock } = options;
  return startTogether(async (starter) => {
    const registry = createMetrics('monitor');
    const metrics = monitorMetrics(registry);
    const log = await starter.start(() => connectKafka({ clientId: 'millrace-monitor', config }));
    const schemas = connectSchemaRegistry(config);
    const codec = new EventCodec(schemas);
    const clickhouse = await starter.start(() => connectClickHouse(config, 'millrace-monitor'));
    await openOfflineStore(clickhouse, { cluster: config.clickhouseCluster });
    const { catalog } = await starter.start(() => followDefinitions(log, codec, onFailure));
    const models = await starter.start(() => followModels(log, codec, onFailure));
    const windows = await starter.start(() => openWindowLog(log, codec, onFailure));
    const retraining = await starter.start(() => openRetrainingLog(log, codec, onFailure));
    await windows.caughtUp();
    const monitoring: Monitoring = new Monitoring({
      queries: clickHouseQueries(clickhouse),
      log,
      catalog,
      windows,
      clock,
      metrics,
      logger,
      options: config.monitors,
      idleAfter: config.monitorIdleAfter,
      restateEvery: config.monitorRestateInterval,
      afterWindows: retrainingReactor({
        history: windows.history,
        retraining,
        models,
        metrics,
        knowledge: () => monitoring.knowledge(),
      }),
    });
    await starter.start(() =>
      repeat((stopping) => monitoring.step(stopping), Number(config.monitorPollInterval / 1000n), onFailure),
    );
    if (config.monitorVerifyInterval > 0n) {
      const schedule = new VerificationSchedule({
        connect: () => connectStores(config, { log, registry: schemas, catalog, clock }),
        log,
        codec,
        metrics: verificationMetrics(registry),
        logger,
        interval: config.monitorVerifyInterval,
        sizes: { buckets: config.monitorVerifyBuckets, offsets: config.monitorVerifyOffsets },
        stores: `${config.onlineStoreName}/${config.clickhouseDatabase}`,
      });
      starter.onStop(() => schedule.stop());
      const pauseMs = Number(config.monitorVerifyInterval / 1000n);
      await starter.start(() => repeat(() => schedule.step(), pauseMs, onFailure, pauseMs));
    }
    const app = createHttpApp({ logger, metrics: registry, problems: () => monitoring.problems() });
    await withOpenApi(app, {
      title: 'Millrace monitor',
      description: 'Drift windows, watermarks and retraining requests.',
    });
    addRoutes(app, {
      history: windows.history,
      watches: () => monitoring.watches(),
      requests: () => retraining.requests(),
    });
    return starter.start(() => listen(app, { host: config.host, port: config.monitorPort }));
  });
}

/** Does the work over and over with a pause between; stopping waits for the one under way. */
function repeat(
  work: (stopping: AbortSignal) => Promise<void>,
  pauseMs: number,
  onFailure: (error: unknown) => void,
  firstPauseMs = 0,
): Promise<Running<void>> {
  const stopping = new AbortController();
  const loop = (async () => {
    if (firstPauseMs > 0)
      await delay(firstPauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    while (!stopping.signal.aborted) {
      await work(stopping.signal);
      await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })().catch(onFailure);
  return Promise.resolve({
    value: undefined,
    async stop() {
      stopping.abort();
      await loop;
    },
  });
}
