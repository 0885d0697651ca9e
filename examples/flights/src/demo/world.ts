import { type EventLog, connectKafka, kafkaConfig } from '@millrace/event-log';
import { createMillrace, type Millrace } from '@millrace/client';
import { type MillraceAddresses, startMillrace } from '@millrace/embedded';
import { type Running, startTogether } from '@millrace/kernel';
import { connectRedisOnlineStore, type OnlineStoreReader } from '@millrace/online-store';
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
    return { addresses, millrace, analyst: analystOf(stack.clickhouse), log, onlineStore };
  });
}
