import {
  connectKafka,
  connectSchemaRegistry,
  EventCodec,
  type EventLog,
  kafkaConfig,
} from '@millrace/event-log';
import { compileAvro, frame, namedEventId, topics } from '@millrace/events';
import { defineEntity, defineFeatureView, featureRowSchema } from '@millrace/feature-registry';
import { type Running, startTogether } from '@millrace/kernel';
import {
  type ClickHouseOfflineStore,
  connectClickHouse,
  featureViewName,
  openOfflineStore,
  rawTableName,
} from '@millrace/offline-store';
import { createLogger } from '@millrace/telemetry';
import { assertTestName, registerDefinitions, startOwnKafka, testStack, uniqueName } from '@millrace/testing';
import { z } from 'zod';
import { offlineProjectorConfigSchema } from '../config.ts';
import { type OfflineProjector, startOfflineProjector } from '../service.ts';

/** A view with its topic, and how its rows are written. */
export interface WorldView {
  readonly name: string;
  readonly topic: string;
  /** The stable name of its raw rows. */
  readonly raw: string;
  encode(n: number): Buffer;
}

/** What the store has of a view. */
export interface ViewState {
  /** For each partition that has records: distinct offsets + dead letters. */
  readonly kept: Readonly<Record<string, number>>;
  /** For each partition: the end of what is said to be applied. */
  readonly applied: Readonly<Record<string, number>>;
  /** Rows that analysts see. */
  readonly events: number;
  /** Event ids among them. */
  readonly ids: number;
}

/** Projectors on a log and a store of their own. */
export interface ProjectorWorld {
  readonly brokers: readonly string[];
  readonly log: EventLog;
  readonly store: ClickHouseOfflineStore;
  readonly failures: unknown[];
  startProjector(): Promise<Running<OfflineProjector>>;
  newView(): Promise<WorldView>;
  /** Sends the events of some numbers; the same number is the same event. */
  send(
    view: WorldView,
    from: number,
    until: number,
    options?: { readonly otherKey?: boolean },
  ): Promise<void>;
  sendGarbage(view: WorldView, records: number): Promise<void>;
  rows<T>(query: string): Promise<T[]>;
  command(query: string): Promise<void>;
  stateOf(view: WorldView): Promise<ViewState>;
  /** What the store has to have of a view that was sent some events, by what the log has. */
  expected(view: WorldView, events: number): Promise<ViewState>;
}

/** Opens a {@link ProjectorWorld} on the test stack, with a log of its own. */
export function openProjectorWorld({
  partitions,
}: {
  readonly partitions: number;
}): Promise<Running<ProjectorWorld>> {
  return startTogether(async (starter) => {
    const { schemaRegistry, clickhouse } = testStack();
    const kafka = await starter.start(() => startOwnKafka());
    const database = uniqueName('exact');
    const settings = {
      kafkaBrokers: kafka.brokers.join(','),
      schemaRegistryUrl: schemaRegistry.url,
      clickhouseUrl: clickhouse.url,
      clickhouseUser: clickhouse.user,
      clickhousePassword: clickhouse.password,
      clickhouseDatabase: database,
      clickhouseCluster: clickhouse.cluster ?? '',
      offlineProjectorPort: 0,
      offlineProjectorGrace: '2s',
      offlineProjectorFetchBytes: 16 * 1024,
    };
    const config = offlineProjectorConfigSchema.parse(settings);
    const log = await starter.start(() =>
      connectKafka({
        clientId: 'exactly-once-test',
        config: kafkaConfig({ kafkaBrokers: settings.kafkaBrokers, kafkaPartitions: partitions }),
      }),
    );
    await log.ensureTopics(Object.values(topics));
    const client = await starter.start(() => connectClickHouse(config));
    starter.onStop(async () => {
      const everywhere = config.clickhouseCluster === '' ? '' : ` ON CLUSTER ${config.clickhouseCluster}`;
      await client.command({ query: `DROP DATABASE IF EXISTS ${assertTestName(database)}${everywhere}` });
    });
    const store = await openOfflineStore(client, { cluster: config.clickhouseCluster });
    const registry = connectSchemaRegistry(config);
    const codec = new EventCodec(registry);
    const failures: unknown[] = [];

    async function rows<T>(query: string): Promise<T[]> {
      const answer = await client.query({ query, format: 'JSONEachRow' });
      return answer.json<T>();
    }

    async function counted(query: string): Promise<Record<string, number>> {
      const found = z
        .array(z.object({ partition: z.coerce.string(), n: z.coerce.number() }))
        .parse(await rows(query));
      return Object.fromEntries(found.map(({ partition, n }) => [partition, n]));
    }

    return {
      brokers: kafka.brokers,
      log,
      store,
      failures,
      rows,
      async command(query) {
        await client.command({ query, clickhouse_settings: { mutations_sync: '2' } });
      },
      startProjector: () =>
        startOfflineProjector({
          config,
          logger: createLogger('test', 'silent'),
          onFailure: (error) => void failures.push(error),
        }),
      async newView() {
        const entity = defineEntity({ name: uniqueName('thing'), keys: { id: 'string' }, owner: 'test' });
        const { definition } = defineFeatureView({
          name: uniqueName('view'),
          entity,
          ttl: null,
          owner: 'test',
          features: { x: { type: 'int' } },
        });
        await registerDefinitions(log, registry, codec, [entity, definition]);
        const { name } = definition;
        const topic = `features.${name}`;
        await log.ensureTopics([{ name: topic, partitions: 'default' }]);
        const schema = JSON.stringify(featureRowSchema(definition, entity));
        const schemaId = await registry.register(`${topic}-value`, schema);
        const avro = compileAvro(JSON.parse(schema));
        const producer = { service: 'test', version: null, commit: null };
        return {
          name,
          topic,
          raw: rawTableName(name),
          encode(n) {
            const eventTime = 980_000_000_000_000n + BigInt(n);
            const envelope = {
              eventId: namedEventId(name, String(n)),
              eventTime,
              producer,
              traceparent: null,
            };
            return frame(
              schemaId,
              avro.toBuffer({ envelope, key: { id: String(n % 50) }, values: { x: n } }),
            );
          },
        };
      },
      async send({ topic, encode }, from, until, { otherKey = false } = {}) {
        await log.append(
          Array.from({ length: until - from }, (_, index) => {
            const n = from + index;
            const key = Buffer.from(`${n}${otherKey ? ' once more' : ''}`);
            return { topic, key, value: encode(n) };
          }),
        );
      },
      async sendGarbage({ topic }, records) {
        await log.append(
          Array.from({ length: records }, (_, n) => ({
            topic,
            key: Buffer.from(`garbage ${n}`),
            value: Buffer.from('no event'),
          })),
        );
      },
      async stateOf({ name, topic, raw }) {
        const kept = await counted(
          `SELECT partition, uniqExact(offset) AS n FROM (
             SELECT partition, offset FROM ${raw} UNION ALL
             SELECT source_partition, toUInt64(source_offset) FROM dead_letters WHERE source_topic = '${topic}')
           GROUP BY partition ORDER BY partition`,
        );
        const applied = await store.applied([topic]);
        const [shown] = z
          .array(z.object({ events: z.coerce.number(), ids: z.coerce.number() }))
          .parse(
            await rows(`SELECT count() AS events, uniqExact(event_id) AS ids FROM ${featureViewName(name)}`),
          );
        return {
          kept,
          applied: Object.fromEntries(
            applied.map(({ partition, next }) => [String(partition), Number(next)]),
          ),
          events: shown?.events ?? -1,
          ids: shown?.ids ?? -1,
        };
      },
      async expected({ topic }, events) {
        const spans = (await log.spans(topic)).filter(({ first, next }) => next > first);
        const ends = Object.fromEntries(
          spans.map(({ partition, next }) => [String(partition), Number(next)] as const),
        );
        return { kept: ends, applied: ends, events, ids: events };
      },
    };
  });
}
