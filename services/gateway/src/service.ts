import { connectKafka, connectSchemaRegistry, EventCodec, type EventLog } from '@millrace/event-log';
import { describeError, MillraceError, type Running, startTogether } from '@millrace/kernel';
import { followDefinitions } from '@millrace/processing';
import { createMetrics, listen, type Logger } from '@millrace/telemetry';
import { ByteBudget } from './byte-budget.ts';
import type { GatewayConfig } from './config.ts';
import { findViewIn } from './find-view.ts';
import { gatewayApp } from './http.ts';
import { gatewayMetrics } from './metrics.ts';
import { FeatureEncoders } from './rows/feature-rows.ts';
import { SentRows } from './rows/sent-rows.ts';

/** How to start the gateway. */
export interface GatewayOptions {
  readonly config: GatewayConfig;
  readonly logger: Logger;
  /** Called once when the service cannot go on. */
  readonly onFailure: (error: unknown) => void;
}

const READY_TIMEOUT_MS = 2000;

/**
 * Starts the gateway and resolves, with the port that it listens on, when it takes requests.
 *
 * @throws MillraceError LOG_UNAVAILABLE, REGISTRY_UNAVAILABLE
 */
export function startGateway(options: GatewayOptions): Promise<Running<{ readonly port: number }>> {
  const { config, logger, onFailure } = options;
  return startTogether(async (starter) => {
    const registry = createMetrics('gateway');
    const metrics = gatewayMetrics(registry);
    const codec = new EventCodec(connectSchemaRegistry(config));
    const log = await starter.start(() => connectKafka({ clientId: 'millrace-gateway', config }));
    const definitions = await starter.start(() => followDefinitions(log, codec, onFailure));
    const app = await gatewayApp(
      {
        config,
        log,
        codec,
        definitions,
        findView: findViewIn(definitions, config.gatewayDefinitionWaitMs),
        encoders: new FeatureEncoders(config.gatewayMaxRowBytes),
        budget: new ByteBudget(config.gatewayMaxBytesInFlight, (taken) => metrics.bytesInFlight.set(taken)),
        sentRows: new SentRows(),
        metrics,
      },
      { logger, metrics: registry, problems: () => problemsOf(log) },
    );
    return starter.start(() => listen(app, { host: config.host, port: config.gatewayPort }));
  });
}

async function problemsOf(log: EventLog): Promise<readonly string[]> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(
      () => reject(new MillraceError('LOG_UNAVAILABLE', 'Kafka does not answer')),
      READY_TIMEOUT_MS,
    ).unref();
  });
  try {
    await Promise.race([log.topicNames(), late]);
    return [];
  } catch (error) {
    return [describeError(error)];
  }
}
