import type { ClickHouseClient } from '@clickhouse/client';
import {
  connectKafka,
  connectSchemaRegistry,
  EventCodec,
  type EventLog,
  kafkaConfig,
  type LogRecord,
  type LogScanner,
} from '@millrace/event-log';
import { type EventId, type KeyValue, newEventId, packPosition, unframe } from '@millrace/events';
import type { Definition, FeatureValue, RegisteredView } from '@millrace/feature-registry';
import { compileRowHead } from '@millrace/feature-registry/row';
import { MillraceError, type Running, startTogether, systemClock } from '@millrace/kernel';
import {
  type ClickHouseOfflineStore,
  compileTranscoder,
  connectClickHouse,
  type OfflineStore,
  openOfflineStore,
  physicalTable,
  rawTableName,
  RowWriter,
} from '@millrace/offline-store';
import { connectRedisOnlineStore, type OnlineStore } from '@millrace/online-store';
import { rowEncoder } from '@millrace/online-store/testing';
import { deadLettersTo, followDefinitions } from '@millrace/processing';
import { assertTestName, registerDefinitions, testStack, uniqueName } from '@millrace/testing';
import { Redis } from 'ioredis';
import type { VerificationParts } from '../parts.ts';

/** A row as a test writes it; without values it is a deletion. */
export interface TestRow {
  readonly key: Readonly<Record<string, KeyValue>>;
  readonly eventTime: bigint;
  readonly values: Readonly<Record<string, FeatureValue>> | null;
  /** @default one of its own */
  readonly eventId?: EventId;
}

/** The log with a topic for each view, and stores of its own that are filled when a test says so. */
export interface VerificationWorld {
  readonly parts: VerificationParts;
  readonly log: EventLog & LogScanner;
  readonly redis: Redis;
  /** What keys of the online store begin with. */
  readonly storeName: string;
  readonly clickhouse: ClickHouseClient;
  readonly offline: ClickHouseOfflineStore;
  /** Registers definitions, an entity before its views; waits until they are known. */
  define(...definitions: readonly Definition[]): Promise<void>;
  view(name: string): RegisteredView;
  /** Writes rows to the log. */
  append(view: string, rows: readonly TestRow[]): Promise<void>;
  /** Writes dead letters for all that cannot be a row of a view. */
  writeDeadLetters(view: string): Promise<void>;
  /** Brings all that the log has of a view into both stores, or into one; what cannot be a row becomes a dead letter. */
  project(view: string, into?: readonly ('online' | 'offline')[]): Promise<void>;
}

const CLUSTER = { cluster: '' };
const MAX_AHEAD = 600_000_000n;

export function openVerificationWorld(partitions: number): Promise<Running<VerificationWorld>> {
  return startTogether(async (starter) => {
    const stack = testStack();
    const storeName = uniqueName('verified');
    const config = kafkaConfig({ kafkaBrokers: stack.kafka.brokers.join(','), kafkaPartitions: partitions });
    const log = await starter.start(() => connectKafka({ clientId: 'verification-test', config }));
    const registry = connectSchemaRegistry({ schemaRegistryUrl: stack.schemaRegistry.url });
    const codec = new EventCodec(registry);
    const followed = await starter.start(() =>
      followDefinitions(log, codec, (error) => {
        throw error;
      }),
    );
    const { catalog } = followed;
    const clickhouse = await starter.start(() =>
      connectClickHouse({
        clickhouseUrl: stack.clickhouse.url,
        clickhouseUser: stack.clickhouse.user,
        clickhousePassword: stack.clickhouse.password,
        clickhouseDatabase: storeName,
        clickhouseRequestTimeoutMs: 60_000,
        clickhouseMaxConnections: 8,
      }),
    );
    starter.onStop(async () => {
      await clickhouse.command({ query: `DROP DATABASE IF EXISTS ${assertTestName(storeName)}` });
    });
    const offline = await openOfflineStore(clickhouse, CLUSTER);
    const online = await starter.start(() =>
      connectRedisOnlineStore({ url: stack.redis.url, name: storeName }),
    );
    const redis = new Redis(stack.redis.url);
    starter.onStop(async () => {
      const keys = await redis.keysBuffer(`${assertTestName(storeName)}*`);
      if (keys.length > 0) await redis.del(keys);
      redis.disconnect();
    });
    const mine: string[] = [];
    const views = () => mine.map((name) => catalog.view(name));

    return {
      parts: {
        log,
        registry,
        catalog: { views },
        onlineStore: online,
        clickhouse,
        clock: systemClock,
        // The default of the online projector: 7 days.
        collectionHorizon: 604_800_000_000n,
      },
      log,
      redis,
      storeName,
      clickhouse,
      offline,
      async define(...definitions) {
        await followed.caughtUp(await registerDefinitions(log, registry, codec, definitions));
        mine.push(...definitions.flatMap((each) => (each.kind === 'feature-view' ? [each.name] : [])));
      },
      view: (name) => catalog.view(name),
      async append(name, rows) {
        const view = catalog.view(name);
        const encode = rowEncoder(catalog, name);
        await log.append(
          rows.map(({ key, eventId = newEventId(), ...row }) => ({
            topic: view.topic,
            key: view.keyCodec.encode(key),
            value: encode({ key, eventId, ...row }),
          })),
        );
      },
      async writeDeadLetters(name) {
        const { topic } = catalog.view(name);
        const bad: LogRecord[] = [];
        await log.scan(topic, await log.spans(topic), (records) => {
          bad.push(...records.filter(({ value }) => value === null || unframe(value) === undefined));
        });
        const error = new MillraceError('EVENT_MALFORMED', 'no event');
        await deadLettersTo(log, codec, 'verification-test', systemClock).write(
          bad.map((record) => ({ record, error })),
        );
      },
      async project(name, into = ['online', 'offline']) {
        const view = catalog.view(name);
        const spans = await log.spans(view.topic);
        for (const span of spans) {
          const records: LogRecord[] = [];
          await log.scan(view.topic, [span], (batch) => void records.push(...batch));
          if (into.includes('online')) await projectOnline(online, view, span.partition, span.next, records);
          if (into.includes('offline')) {
            await projectOffline(clickhouse, offline, view, span.partition, span.next, records);
          }
        }
        await online.checkpoint();
      },
    };
  });
}

async function projectOnline(
  store: OnlineStore,
  view: RegisteredView,
  partition: number,
  nextOffset: bigint,
  records: readonly LogRecord[],
): Promise<void> {
  const end = { topic: view.topic, partition, generation: 1, nextOffset };
  await store.resumeFrom(end);
  const head = compileRowHead(view, view.schemaId, view.schema);
  const rows = records.flatMap(({ value, offset, recordedAt }) => {
    if (value === null || unframe(value) === undefined) return [];
    const { key, eventTime, eventId, deleted } = head(value, 5);
    return [
      {
        entity: view.entity.name,
        view: view.definition.name,
        key,
        eventTime,
        eventId,
        recordedAt,
        position: packPosition({ epoch: view.epoch, partition, offset }),
        value: deleted ? null : value,
      },
    ];
  });
  await store.write(rows, end);
}

async function projectOffline(
  client: ClickHouseClient,
  store: OfflineStore,
  view: RegisteredView,
  partition: number,
  nextOffset: bigint,
  records: readonly LogRecord[],
): Promise<void> {
  await store.ensureView(view, 1);
  const transcoder = compileTranscoder(view, view.schemaId, view.schema, MAX_AHEAD);
  const writer = new RowWriter();
  for (const { value, offset, recordedAt } of records) {
    const framed = value === null ? undefined : unframe(value);
    if (framed === undefined) continue;
    transcoder.write(writer, framed.payload, { epoch: view.epoch, partition, offset, recordedAt });
  }
  const table = physicalTable(rawTableName(view.definition.name), 1);
  const token = `${table} ${partition} ${nextOffset}`;
  if (writer.rows > 0) await store.insert({ table, columns: transcoder.columns, ...writer.take(), token });
  if (nextOffset > 0n)
    await store.recordApplied([
      {
        topic: view.topic,
        generation: 1,
        epoch: view.epoch,
        partition,
        firstOffset: 0n,
        lastOffset: nextOffset - 1n,
        rows: records.length,
        deadLetters: 0,
        minEventTime: null,
        maxEventTime: null,
        maxRecordedAt: null,
      },
    ]);
}
