import {
  connectKafka,
  connectSchemaRegistry,
  EventCodec,
  type EventLog,
  type SchemaRegistry,
} from '@millrace/event-log';
import { describeError, type Running, startTogether, systemClock } from '@millrace/kernel';
import { connectRedisOnlineStore, type OnlineStore } from '@millrace/online-store';
import { deadLettersTo, followDefinitions, projectionGauges } from '@millrace/processing';
import { createHttpApp, createMetrics, listen, type Logger } from '@millrace/telemetry';
import { applyBatch } from './apply-batch.ts';
import { startCollecting } from './collecting.ts';
import type { OnlineProjectorConfig } from './config.ts';
import { onlineProjectorMetrics } from './metrics.ts';
import { startProjection } from './projection.ts';

/** What the online projector is started with. */
export interface OnlineProjectorOptions {
  readonly config: OnlineProjectorConfig;
  readonly logger: Logger;
  /** Called when the projector cannot go on; nothing after the failure is applied. */
  readonly onFailure: (error: unknown) => void;
}

/** A projector that runs. */
export interface OnlineProjector {
  /** Where its health and metrics are. */
  readonly url: string;
}

interface Parts {
  readonly log: EventLog;
  readonly registry: SchemaRegistry;
  readonly store: OnlineStore;
}

/**
 * Starts the online projector: connects to Kafka, the schema registry and Redis, and keeps the online store equal
 * to the log.
 *
 * @throws MillraceError LOG_UNAVAILABLE, REGISTRY_UNAVAILABLE, STORE_UNAVAILABLE
 */
export function startOnlineProjector(options: OnlineProjectorOptions): Promise<Running<OnlineProjector>> {
  const { config, logger } = options;
  return startTogether(async (starter) => {
    const log = await starter.start(() => connectKafka({ clientId: 'millrace-online-projector', config }));
    const store = await starter.start(() =>
      connectRedisOnlineStore({
        url: config.redisUrl,
        cluster: config.redisCluster,
        name: config.onlineStoreName,
        onError: (error) => logger.warn({ err: error }, 'the connection to Redis failed'),
      }),
    );
    return starter.start(() =>
      runProjector({ log, store, registry: connectSchemaRegistry(config) }, options),
    );
  });
}

/** The projector on parts that are there; {@link startOnlineProjector} connects the real ones. */
function runProjector(
  { log, store, registry }: Parts,
  { config, logger, onFailure }: OnlineProjectorOptions,
): Promise<Running<OnlineProjector>> {
  return startTogether(async (starter) => {
    const onTrouble = (error: unknown) => logger.warn(`${describeError(error)}; it is tried again`);
    const metricsRegistry = createMetrics('online-projector');
    const metrics = onlineProjectorMetrics(metricsRegistry);
    const codec = new EventCodec(registry);
    const definitions = await starter.start(() => followDefinitions(log, codec, onFailure));
    await starter.start(() =>
      startProjection({
        log,
        definitions,
        store,
        apply: applyBatch({
          store,
          catalog: definitions.catalog,
          registry,
          deadLetters: deadLettersTo(log, codec, 'online-projector', systemClock),
          metrics,
          maxAhead: config.maxAhead,
        }),
        gauges: projectionGauges('online_projector', metricsRegistry),
        checkpointMs: config.onlineProjectorCheckpointMs,
        fetchBytes: config.onlineProjectorFetchBytes,
        graceMs: Number(config.onlineProjectorGenerationGrace / 1000n),
        onLoss: (error) => {
          metrics.lost.inc();
          logger.error({ code: error.code }, `${error.message}; it is filled again from the log`);
        },
        onTrouble,
        onLive: (generations) =>
          logger.info(
            { generations: generations.map(({ topic, number }) => ({ topic, number })) },
            'rebuilt',
          ),
        onFailure,
      }),
    );
    await starter.start(() =>
      startCollecting({
        store,
        catalog: definitions.catalog,
        horizon: config.onlineProjectorGcHorizon,
        everyMs: Number(config.onlineProjectorGcInterval / 1000n),
        onCollected: (rows) => metrics.collected.inc(rows),
        onTrouble,
        onFailure,
      }),
    );
    const app = createHttpApp({ logger, metrics: metricsRegistry, problems: () => problemsOf(store) });
    const { port } = await starter.start(() =>
      listen(app, { host: config.host, port: config.onlineProjectorPort }),
    );
    return { url: `http://${config.host}:${port}` };
  });
}

async function problemsOf(store: OnlineStore): Promise<readonly string[]> {
  try {
    await store.applied();
    return [];
  } catch (error) {
    return [describeError(error)];
  }
}
