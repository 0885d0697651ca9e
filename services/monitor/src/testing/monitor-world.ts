import { z } from 'zod';
import {
  connectKafka,
  connectSchemaRegistry,
  EventCodec,
  type EventLog,
  kafkaConfig,
} from '@millrace/event-log';
import { type DriftWindowClosed, topics } from '@millrace/events';
import { type Micros, parseInstant, type Running, startTogether } from '@millrace/kernel';
import {
  connectClickHouse,
  type OfflineStore,
  openOfflineStore,
  physicalTable,
  rawTableName,
} from '@millrace/offline-store';
import { followDefinitions } from '@millrace/processing';
import { createLogger } from '@millrace/telemetry';
import { registerDefinitions, testStack, uniqueName } from '@millrace/testing';
import { monitorConfigSchema } from '../config.ts';
import { startMonitor } from '../service.ts';
import { entity, type PlacedRow, storedRow, viewNamed } from './flights-view.ts';

/** Everything around a monitor under test: the log, a store of its own, and a registered view. */
export interface MonitorWorld {
  readonly log: EventLog;
  readonly view: string;
  readonly store: OfflineStore;
  /** Stores rows and says that they are applied, as the projector does. @param generation 1 when left out. */
  apply(placed: readonly PlacedRow[], generation?: number): Promise<void>;
  insert(table: string, rows: readonly Record<string, unknown>[]): Promise<void>;
  /** Begins a rebuild of the view. @returns the number of its generation. */
  rebuild(): Promise<number>;
  goLive(generation: number): Promise<void>;
  /** Starts a monitor on this world. */
  start(monitors: readonly unknown[]): Promise<Running<TestMonitor>>;
  /** Every event of a monitor that the log holds, whether it counts or not. */
  written(monitor: string): Promise<readonly DriftWindowClosed[]>;
}

/** A monitor under test, by its routes. */
export interface TestMonitor {
  get<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>>;
  /** The time through which a monitor's windows are closed; null for none. */
  closedThrough(monitor: string): Promise<Micros | null>;
}

const watermarks = z.object({
  watermarks: z.array(z.object({ monitor: z.string(), closedThrough: z.string().nullable() })),
});

/** Builds a world on the test stack. */
export function openMonitorWorld(): Promise<Running<MonitorWorld>> {
  return startTogether(async (starter) => {
    const stack = testStack();
    const settings = {
      kafkaBrokers: stack.kafka.brokers.join(','),
      schemaRegistryUrl: stack.schemaRegistry.url,
      clickhouseUrl: stack.clickhouse.url,
      clickhouseUser: stack.clickhouse.user,
      clickhousePassword: stack.clickhouse.password,
      clickhouseDatabase: uniqueName('monitor'),
    };
    const config = monitorConfigSchema.parse(settings);
    const log = await starter.start(() =>
      connectKafka({
        clientId: 'monitor-test',
        config: kafkaConfig({ kafkaBrokers: settings.kafkaBrokers, kafkaPartitions: 2 }),
      }),
    );
    await log.ensureTopics(Object.values(topics));
    const clickhouse = await starter.start(() => connectClickHouse(config));
    const store = await openOfflineStore(clickhouse, { cluster: '' });
    const registry = connectSchemaRegistry(config);
    const codec = new EventCodec(registry);
    const definition = viewNamed(uniqueName('view'));
    const registered = await registerDefinitions(log, registry, codec, [entity, definition]);
    const definitions = await starter.start(() =>
      followDefinitions(log, codec, (error) => {
        throw error;
      }),
    );
    await definitions.caughtUp(registered);
    await store.ensureView(definitions.catalog.view(definition.name), 1);

    async function insert(table: string, values: readonly Record<string, unknown>[]): Promise<void> {
      await clickhouse.insert({
        table,
        format: 'JSONEachRow',
        clickhouse_settings: { async_insert: 0 },
        values: [...values],
      });
    }

    return {
      log,
      view: definition.name,
      store,
      insert,
      async rebuild() {
        const view = definitions.catalog.view(definition.name);
        const [building] = await store.generations.request([{ topic: view.topic, until: null }]);
        if (building === undefined) throw new Error('no rebuild began');
        await store.ensureView(view, building.number);
        return building.number;
      },
      goLive: (number) => store.generations.goLive([{ topic: `features.${definition.name}`, number }]),
      async apply(placed, generation = 1) {
        await insert(physicalTable(rawTableName(definition.name), generation), placed.map(storedRow));
        await store.recordApplied(rangesOf(`features.${definition.name}`, placed, generation));
      },
      start: (monitors) => startTestMonitor({ ...settings, monitors: JSON.stringify(monitors) }),
      async written(monitor) {
        const events: DriftWindowClosed[] = [];
        const following = await log.follow({
          topic: topics.driftWindows.name,
          onFailure: (error) => {
            throw error;
          },
          async onRecord({ value }) {
            if (value === null) return;
            const { name, event } = await codec.decode(value);
            if (name === 'DriftWindowClosed' && event.monitor === monitor) events.push(event);
          },
        });
        await following.value.caughtUp();
        await following.stop();
        return events;
      },
    };
  });
}

function startTestMonitor(settings: Readonly<Record<string, string>>): Promise<Running<TestMonitor>> {
  return startTogether(async (starter) => {
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => undefined);
    const { port } = await starter.start(() =>
      startMonitor({
        config: monitorConfigSchema.parse({
          ...settings,
          monitorPort: '0',
          monitorPollInterval: '50ms',
          monitorRestateInterval: '50ms',
        }),
        logger: createLogger('monitor', 'error'),
        onFailure: failed.reject,
      }),
    );
    async function get<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> {
      const answer = await Promise.race([fetch(`http://127.0.0.1:${port}${path}`), failed.promise]);
      if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
      return schema.parse(await answer.json());
    }
    return {
      get,
      async closedThrough(monitor) {
        const found = await get('/v1/watermarks', watermarks);
        const text = found.watermarks.find((each) => each.monitor === monitor)?.closedThrough ?? null;
        const parsed = text === null ? undefined : parseInstant(text);
        return parsed?.ok === true ? parsed.value : null;
      },
    };
  });
}

/** One range for each partition, as the projector would record it. */
export function rangesOf(topic: string, placed: readonly PlacedRow[], generation = 1) {
  return [...Map.groupBy(placed, ({ partition }) => partition)].map(([partition, rows]) => {
    const offsets = rows.map(({ offset }) => offset).sort((a, b) => (a < b ? -1 : 1));
    const times = rows.map(({ row }) => row.eventTime).sort((a, b) => (a < b ? -1 : 1));
    return {
      topic,
      generation,
      epoch: 0,
      partition,
      firstOffset: offsets[0] ?? 0n,
      lastOffset: offsets.at(-1) ?? 0n,
      rows: rows.length,
      deadLetters: 0,
      minEventTime: times[0] ?? null,
      maxEventTime: times.at(-1) ?? null,
      maxRecordedAt: 1_767_225_600_000_000n,
    };
  });
}
