import { connectKafka, connectSchemaRegistry, EventCodec, type EventLog } from '@millrace/event-log';
import { describeError, type Running, startTogether, systemClock, systemTimers } from '@millrace/kernel';
import {
  type ClickHouseOfflineStore,
  connectClickHouse,
  type OfflineStore,
  openOfflineStore,
} from '@millrace/offline-store';
import { deadLettersTo, followDefinitions, projectionGauges } from '@millrace/processing';
import { createHttpApp, createMetrics, listen, type Logger } from '@millrace/telemetry';
import { ByteBudget } from './byte-budget.ts';
import type { OfflineProjectorConfig } from './config.ts';
import { offlineProjectorMetrics } from './metrics.ts';
import { startProjection } from './projection.ts';

/** What the offline projector is started with. */
export interface OfflineProjectorOptions {
  readonly config: OfflineProjectorConfig;
  readonly logger: Logger;
  /** Called when the projector cannot go on; nothing after the failure is applied. */
  readonly onFailure: (error: unknown) => void;
}

/** A projector that runs. */
export interface OfflineProjector {
  /** Where its health and metrics are. */
  readonly url: string;
}

/**
 * Starts the offline projector: connects to Kafka, the schema registry and ClickHouse, makes what tables are
 * missing, and keeps the offline store equal to the log.
 *
 * @throws MillraceError LOG_UNAVAILABLE, REGISTRY_UNAVAILABLE, STORE_UNAVAILABLE
 */
export function startOfflineProjector(options: OfflineProjectorOptions): Promise<Running<OfflineProjector>> {
  const { config, logger } = options;
  return startTogether(async (starter) => {
    const log = await starter.start(() => connectKafka({ clientId: 'millrace-offline-projector', config }));
    const client = await starter.start(() => connectClickHouse(config, 'millrace-offline-projector'));
    const store = await openOfflineStore(client, { cluster: config.clickhouseCluster }, (error) =>
      logger.warn(`${describeError(error)}; it is tried again`),
    );
    return starter.start(() => runProjector(log, store, options));
  });
}

function runProjector(
  log: EventLog,
  store: ClickHouseOfflineStore,
  { config, logger, onFailure }: OfflineProjectorOptions,
): Promise<Running<OfflineProjector>> {
  return startTogether(async (starter) => {
    const registry = connectSchemaRegistry(config);
    const metricsRegistry = createMetrics('offline-projector');
    const queue = new ByteBudget(config.offlineProjectorQueueBytes, systemTimers);
    const metrics = offlineProjectorMetrics(metricsRegistry, () => queue.taken);
    const codec = new EventCodec(registry);
    const deadLetters = deadLettersTo(log, codec, 'offline-projector', systemClock);
    const definitions = await starter.start(() => followDefinitions(log, codec, onFailure));
    await starter.start(() =>
      startProjection(
        {
          log,
          store,
          definitions,
          registry,
          codec,
          deadLetters,
          metrics,
          gauges: projectionGauges('offline_projector', metricsRegistry),
          queue,
          logger,
          clock: systemClock,
          timers: systemTimers,
          onFailure,
        },
        {
          maxAhead: config.maxAhead,
          lingerMs: config.offlineProjectorLingerMs,
          graceMs: Number(config.offlineProjectorGrace / 1000n),
          topicQueueBytes: config.offlineProjectorQueueBytes / 4,
          maxBytesPerPartition: config.offlineProjectorFetchBytes,
        },
      ),
    );
    const app = createHttpApp({ logger, metrics: metricsRegistry, problems: () => problemsOf(store) });
    const { port } = await starter.start(() =>
      listen(app, { host: config.host, port: config.offlineProjectorPort }),
    );
    return { url: `http://${config.host}:${port}` };
  });
}

async function problemsOf(store: OfflineStore): Promise<readonly string[]> {
  try {
    await store.applied([]);
    return [];
  } catch (error) {
    return [describeError(error)];
  }
}
