import { connectKafka, connectSchemaRegistry, EventCodec, type EventLog } from '@millrace/event-log';
import { viewOfTopic } from '@millrace/events';
import { describeError, type Running, startTogether, systemClock } from '@millrace/kernel';
import { connectClickHouse, type OfflineStore, openOfflineStore } from '@millrace/offline-store';
import { deadLettersTo, followDefinitions, projectTopics } from '@millrace/processing';
import { createHttpApp, createMetrics, listen, type Logger } from '@millrace/telemetry';
import type { OfflineProjectorConfig } from './config.ts';
import { featureEncoder } from './feature-encoder.ts';
import { GroupCommit } from './group-commit.ts';
import { lifecycleEncoder, lifecycleTopics } from './lifecycle-encoder.ts';
import { offlineProjectorMetrics } from './metrics.ts';
import { TopicProjection } from './topic-projection.ts';
import { ViewTables } from './view-tables.ts';

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
  const { config } = options;
  return startTogether(async (starter) => {
    const log = await starter.start(() => connectKafka({ clientId: 'millrace-offline-projector', config }));
    const client = await starter.start(() => connectClickHouse(config, 'millrace-offline-projector'));
    const store = await openOfflineStore(client, { cluster: config.clickhouseCluster });
    return starter.start(() => runProjector(log, store, options));
  });
}

function runProjector(
  log: EventLog,
  store: OfflineStore,
  { config, logger, onFailure }: OfflineProjectorOptions,
): Promise<Running<OfflineProjector>> {
  return startTogether(async (starter) => {
    const registry = connectSchemaRegistry(config);
    const metricsRegistry = createMetrics('offline-projector');
    const metrics = offlineProjectorMetrics(metricsRegistry);
    const codec = new EventCodec(registry);
    const deadLetters = deadLettersTo(log, codec, 'offline-projector', systemClock);
    const definitions = await starter.start(() => followDefinitions(log, codec, onFailure));
    const tables = new ViewTables(store);
    const projections = new Map<string, TopicProjection>();

    function projectionOf(topic: string): TopicProjection {
      const known = projections.get(topic);
      if (known !== undefined) return known;
      const view = definitions.catalog.views().find((candidate) => candidate.topic === topic);
      const viewName = view?.definition.name ?? viewOfTopic(topic);
      const encoder =
        viewName === undefined
          ? lifecycleEncoder(topic, codec, config.maxAhead)
          : featureEncoder(viewName, {
              catalog: definitions.catalog,
              definitionsCaughtUp: () => definitions.caughtUp(),
              registry,
              tables,
              maxAhead: config.maxAhead,
            });
      const lingerMs = config.offlineProjectorLingerMs;
      const commit = new GroupCommit({ store, deadLetters, metrics, lingerMs });
      const projection = new TopicProjection(topic, store, encoder, commit);
      projections.set(topic, projection);
      return projection;
    }

    // Analysts and the monitor find the table of a view before its first row.
    const ensureTables = () => Promise.all(definitions.catalog.views().map((view) => tables.ensure(view)));
    await ensureTables();
    starter.onStop(
      definitions.onChange(() => {
        ensureTables().catch((error: unknown) =>
          logger.warn(`tables: ${describeError(error)}; rows wait for them`),
        );
      }),
    );
    await starter.start(() =>
      projectTopics({
        service: 'offline-projector',
        log,
        definitions,
        otherTopics: lifecycleTopics.map(({ name }) => name),
        resumeFrom: (topic, partition) => projectionOf(topic).resumeFrom(partition),
        apply: (batch) => projectionOf(batch.topic).apply(batch),
        onFailure,
        maxBytesPerPartition: config.offlineProjectorFetchBytes,
      }),
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
