import {
  connectKafka,
  connectSchemaRegistry,
  EventCodec,
  type EventLog,
  kafkaConfig,
  type SchemaRegistry,
} from '@millrace/event-log';
import {
  featureTopic,
  newEventId,
  type OffsetVector,
  packPosition,
  subjectOf,
  topics,
} from '@millrace/events';
import { type Catalog, defineEntity, defineFeatureView, featureRowSchema } from '@millrace/feature-registry';
import { type Running, SECOND, startTogether, systemClock } from '@millrace/kernel';
import { BUCKETS, connectRedisOnlineStore, type OnlineStore } from '@millrace/online-store';
import { catalogOf, rowEncoder, type TestRow } from '@millrace/online-store/testing';
import { deadLettersTo, projectionGauges } from '@millrace/processing';
import { testStack, uniqueName } from '@millrace/testing';
import { Registry } from 'prom-client';
import { expect } from 'vitest';
import { applyBatch } from '../apply-batch.ts';
import { type OnlineProjectorMetrics, onlineProjectorMetrics } from '../metrics.ts';
import { startProjection } from '../projection.ts';

/** How a test's projector differs from the usual. */
export interface TestProjectorOptions {
  /** @default 60000 */
  readonly checkpointMs?: number;
  /** @default 30000 */
  readonly graceMs?: number;
  /** @default 1 MiB */
  readonly fetchBytes?: number;
}

/** A view, its topic, and a store that a projector fills from it. */
export interface ProjectorFixture {
  readonly view: string;
  readonly topic: string;
  readonly log: EventLog;
  readonly registry: SchemaRegistry;
  readonly codec: EventCodec;
  readonly catalog: Catalog;
  /** To read with. */
  readonly store: OnlineStore;
  /** Starts a projector with connections of its own to the store; its failures fail {@link stop}. */
  startProjector(options?: TestProjectorOptions): Promise<Running<OnlineProjectorMetrics>>;
  row(name: string, part: Partial<TestRow> & Pick<TestRow, 'values'>): TestRow;
  encode(row: TestRow): Buffer;
  /** Appends values under the key of an entity; resolves with what to wait for. */
  append(...records: readonly { readonly name: string; readonly value: Buffer }[]): Promise<OffsetVector>;
  /** As {@link append}, and waits until the store has them. */
  appendAndWait(...records: readonly { readonly name: string; readonly value: Buffer }[]): Promise<void>;
  /** Appends rows, remembers them for {@link expectEqualToLog}. */
  appendRows(...rows: readonly TestRow[]): Promise<OffsetVector>;
  /** That every bucket has what the point-in-time rule says of all rows that were appended, and no more. */
  expectEqualToLog(): Promise<void>;
}

/** @param redisUrl the Redis of the store. */
export function startProjectorFixture(redisUrl: string, partitions = 3): Promise<Running<ProjectorFixture>> {
  const view = uniqueName('online');
  const storeName = uniqueName('store');
  const airport = defineEntity({
    name: uniqueName('airport'),
    keys: { airport: 'string' },
    owner: 'tests',
  });
  const { definition } = defineFeatureView({
    name: view,
    entity: airport,
    ttl: '1h',
    owner: 'tests',
    features: { delay: { type: 'double' }, count: { type: 'long' } },
  });
  const topic = featureTopic(view);
  return startTogether(async (starter) => {
    const failures: unknown[] = [];
    starter.onStop(() => {
      if (failures.length > 0) throw new AggregateError(failures, 'the projector failed');
    });
    const config = kafkaConfig({ kafkaBrokers: testStack().kafka.brokers.join(',') });
    const log = await starter.start(() => connectKafka({ clientId: 'online-projector-test', config }));
    const connectStore = () =>
      connectRedisOnlineStore({ url: redisUrl, name: storeName, onError: () => undefined });
    const store = await starter.start(connectStore);
    const registry = connectSchemaRegistry({ schemaRegistryUrl: testStack().schemaRegistry.url });
    const codec = new EventCodec(registry);
    await log.ensureTopics([topics.deadLetters, { name: topic, partitions }]);
    const schema = JSON.stringify(featureRowSchema(definition, airport));
    const schemaId = await registry.register(subjectOf(topic, 'FeatureWritten'), schema);
    const catalog = catalogOf([airport, definition], () => schemaId);
    const encode = rowEncoder(catalog, view);
    const { keyCodec } = catalog.view(view);
    const appended: { readonly row: TestRow; readonly position: bigint }[] = [];

    const append: ProjectorFixture['append'] = async (...records) => {
      const places = await log.append(
        records.map(({ name, value }) => ({ topic, key: keyCodec.encode({ airport: name }), value })),
      );
      const positions: Record<string, bigint> = {};
      for (const { partition, offset } of places) positions[partition] = offset;
      return { [topic]: positions };
    };

    return {
      view,
      topic,
      log,
      registry,
      codec,
      catalog,
      store,
      encode,
      append,
      row: (name, part) => ({
        key: { airport: name },
        eventId: newEventId(),
        eventTime: systemClock.now() - 60n * SECOND,
        ...part,
      }),
      async appendAndWait(...records) {
        expect(await store.waitFor(await append(...records), 60_000)).toBe(true);
      },
      async appendRows(...rows) {
        const places = await log.append(
          rows.map((row) => ({ topic, key: keyCodec.encode(row.key), value: encode(row) })),
        );
        const positions: Record<string, bigint> = {};
        places.forEach(({ partition, offset }, index) => {
          positions[partition] = offset;
          const row = rows[index];
          if (row !== undefined) {
            appended.push({ row, position: packPosition({ epoch: 0, offset, partition }) });
          }
        });
        return { [topic]: positions };
      },
      async expectEqualToLog() {
        const buckets = await Promise.all(
          Array.from({ length: BUCKETS }, (_, bucket) => store.readBucket(bucket)),
        );
        const held = new Map(
          buckets
            .flatMap(({ rows }) => rows)
            .map(({ key, eventTime, position }) => [key.toString('hex'), [eventTime, position]] as const),
        );
        expect(held).toEqual(newestOf(appended, (row) => keyCodec.encode(row.key).toString('hex')));
      },
      startProjector: ({ checkpointMs = 60_000, graceMs = 30_000, fetchBytes = 1 << 20 } = {}) =>
        startTogether(async (own) => {
          const metrics = onlineProjectorMetrics(new Registry());
          const ownStore = await own.start(connectStore);
          const deadLetters = deadLettersTo(log, codec, 'online-projector', systemClock);
          const maxAhead = 600n * SECOND;
          await own.start(() =>
            startProjection({
              log,
              definitions: { catalog, onChange: () => () => undefined },
              store: ownStore,
              apply: applyBatch({ store: ownStore, catalog, registry, deadLetters, metrics, maxAhead }),
              gauges: projectionGauges('online_projector', new Registry()),
              checkpointMs,
              fetchBytes,
              graceMs,
              onLoss: () => metrics.lost.inc(),
              onTrouble: () => undefined,
              onFailure: (error) => failures.push(error),
            }),
          );
          return metrics;
        }),
    };
  });
}

/** By brute force: of each event the first copy, of those of an entity the greatest by time and position. */
function newestOf(
  appended: readonly { readonly row: TestRow; readonly position: bigint }[],
  keyOf: (row: TestRow) => string,
): ReadonlyMap<string, readonly [bigint, bigint]> {
  const first = new Map<string, { readonly row: TestRow; readonly position: bigint }>();
  for (const one of appended) {
    const known = first.get(one.row.eventId);
    if (known === undefined || one.position < known.position) first.set(one.row.eventId, one);
  }
  const newest = new Map<string, readonly [bigint, bigint]>();
  for (const { row, position } of first.values()) {
    const known = newest.get(keyOf(row));
    const wins =
      known === undefined || row.eventTime > known[0] || (row.eventTime === known[0] && position > known[1]);
    if (wins) newest.set(keyOf(row), [row.eventTime, position]);
  }
  return newest;
}
