import { createMillrace, type Millrace } from '@millrace/client';
import { type MillraceAddresses, startMillrace } from '@millrace/embedded';
import {
  connectKafka,
  connectSchemaRegistry,
  EventCodec,
  type EventLog,
  kafkaConfig,
} from '@millrace/event-log';
import { type Running, startTogether, systemClock } from '@millrace/kernel';
import { clickHouseConfigShape, connectClickHouse } from '@millrace/offline-store';
import {
  collectionConfigShape,
  connectRedisOnlineStore,
  type OnlineStoreReader,
} from '@millrace/online-store';
import { followDefinitions } from '@millrace/processing';
import { type VerificationReport, verify } from '@millrace/verification';
import { z } from 'zod';
import { type Analyst, analystOf } from './analyst.ts';

/** Millrace, running, and the ways to look into it. */
export interface World {
  readonly addresses: MillraceAddresses;
  /** What apps and training jobs use. */
  readonly millrace: Millrace;
  /** SQL on the offline store. */
  readonly analyst: Analyst;
  /** The log itself, and the online store itself, for the checks alone. */
  readonly log: EventLog;
  readonly onlineStore: OnlineStoreReader;
  /** Holds both stores to the log, as `millrace verify` does. */
  verify(): Promise<VerificationReport>;
}

/** How to start it. */
export interface WorldOptions {
  readonly folder: string;
  /** The monitor's own configuration. */
  readonly monitors: readonly object[];
}

/** Starts the stack and the services and connects to them. */
export function startWorld({ folder, monitors }: WorldOptions): Promise<Running<World>> {
  return startTogether(async (starter) => {
    const env = { MILLRACE_MONITORS: JSON.stringify(monitors) };
    const addresses = await starter.start(() => startMillrace({ folder, env }));
    const { stack, services } = addresses;
    const config = kafkaConfig({ kafkaBrokers: stack.kafka.brokers.join(',') });
    const log = await starter.start(() => connectKafka({ clientId: 'flights-demo', config }));
    const onlineStore = await starter.start(() => connectRedisOnlineStore({ url: stack.redis.url }));
    const millrace = createMillrace({
      gatewayUrl: services.gateway.url,
      featureServerUrl: services['feature-server'].url,
      registryUrl: services.registry.url,
      monitorUrl: services.monitor.url,
      producer: { service: 'flights' },
    });
    const registry = connectSchemaRegistry({ schemaRegistryUrl: stack.schemaRegistry.url });
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => undefined);
    const definitions = await starter.start(() =>
      followDefinitions(log, new EventCodec(registry), failed.reject),
    );
    const clickhouse = await starter.start(() => connectClickHouse(storeConfig(stack), 'flights-demo'));
    const { onlineProjectorGcHorizon: collectionHorizon } = z.object(collectionConfigShape).parse({});
    const { catalog } = definitions;
    const parts = { log, registry, catalog, onlineStore, clickhouse, clock: systemClock, collectionHorizon };
    return {
      addresses,
      millrace,
      analyst: analystOf(stack.clickhouse),
      log,
      onlineStore,
      verify: () => Promise.race([definitions.caughtUp().then(() => verify(parts)), failed.promise]),
    };
  });
}

function storeConfig({ clickhouse }: MillraceAddresses['stack']) {
  return z.object(clickHouseConfigShape).parse({
    clickhouseUrl: clickhouse.url,
    clickhouseUser: clickhouse.user,
    clickhousePassword: clickhouse.password,
    clickhouseDatabase: clickhouse.database,
  });
}
