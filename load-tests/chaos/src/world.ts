import {
  connectKafka,
  connectSchemaRegistry,
  EventCodec,
  type EventLog,
  kafkaConfig,
  type LogScanner,
  type SchemaRegistry,
} from '@millrace/event-log';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Catalog } from '@millrace/feature-registry';
import { type Running, startTogether } from '@millrace/kernel';
import { clickHouseConfigShape, connectClickHouse } from '@millrace/offline-store';
import { connectRedisOnlineStore, type OnlineStore } from '@millrace/online-store';
import { followDefinitions } from '@millrace/processing';
import { z } from 'zod';
import { type Platform, type PlatformOptions, startPlatform } from './platform/platform.ts';

/** The platform, and this process' own connections to its servers, past the links. */
export interface World {
  readonly platform: Platform;
  readonly log: EventLog & LogScanner;
  readonly registry: SchemaRegistry;
  readonly catalog: Catalog;
  readonly onlineStore: OnlineStore;
  readonly clickhouse: ClickHouseClient;
}

/** Starts the platform and connects to it. */
export function startWorld(options: PlatformOptions): Promise<Running<World>> {
  return startTogether(async (starter) => {
    const platform = await starter.start(() => startPlatform(options));
    const { kafka, schemaRegistry, redis, clickhouse: offline } = platform.servers.addresses;
    const log = await starter.start(() =>
      connectKafka({
        clientId: 'millrace-chaos',
        config: kafkaConfig({ kafkaBrokers: kafka.brokers.join(',') }),
        // Kafka is killed here; whoever asks for something hears of it.
        log: () => undefined,
      }),
    );
    const registry = connectSchemaRegistry({ schemaRegistryUrl: schemaRegistry.url });
    const codec = new EventCodec(registry);
    const followed = await starter.start(() => followDefinitions(log, codec, () => undefined));
    const onlineStore = await starter.start(() =>
      connectRedisOnlineStore({ url: redis.url, onError: () => undefined }),
    );
    const clickhouse = await starter.start(() =>
      connectClickHouse(
        z.object(clickHouseConfigShape).parse({
          clickhouseUrl: offline.url,
          clickhouseUser: offline.user,
          clickhousePassword: offline.password,
          clickhouseDatabase: offline.database,
        }),
        'millrace-chaos',
      ),
    );
    return { platform, log, registry, catalog: followed.catalog, onlineStore, clickhouse };
  });
}
