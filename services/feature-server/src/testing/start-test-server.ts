import {
  connectKafka,
  connectSchemaRegistry,
  type EventLog,
  kafkaConfig,
  type SchemaRegistry,
} from '@millrace/event-log';
import { readConfig, type Running, startTogether } from '@millrace/kernel';
import { createLogger } from '@millrace/telemetry';
import { testStack } from '@millrace/testing';
import { featureServerConfigSchema } from '../config.ts';
import { startFeatureServer } from '../service.ts';

/** A feature server on the test's stack, and the log and registry beside it. */
export interface TestServer {
  readonly url: string;
  readonly log: EventLog;
  readonly schemas: SchemaRegistry;
}

/** Starts a feature server in this process, on any port. */
export function startTestServer(
  variables: Readonly<Record<string, string>> = {},
): Promise<Running<TestServer>> {
  const { kafka, schemaRegistry, redis, clickhouse } = testStack();
  const config = readConfig(featureServerConfigSchema, {
    MILLRACE_KAFKA_BROKERS: kafka.brokers.join(','),
    MILLRACE_SCHEMA_REGISTRY_URL: schemaRegistry.url,
    MILLRACE_REDIS_URL: redis.url,
    MILLRACE_CLICKHOUSE_URL: clickhouse.url,
    MILLRACE_CLICKHOUSE_USER: clickhouse.user,
    MILLRACE_CLICKHOUSE_PASSWORD: clickhouse.password,
    MILLRACE_FEATURE_SERVER_PORT: '0',
    ...variables,
  });
  const onFailure = (error: unknown) => {
    throw error;
  };
  return startTogether(async (starter) => {
    const kafkaBrokers = kafka.brokers.join(',');
    const log = await starter.start(() =>
      connectKafka({ clientId: 'test', config: kafkaConfig({ kafkaBrokers }) }),
    );
    const schemas = connectSchemaRegistry({ schemaRegistryUrl: schemaRegistry.url });
    const logger = createLogger('feature-server', 'silent');
    const { port } = await starter.start(() => startFeatureServer({ config, logger, onFailure }));
    return { url: `http://127.0.0.1:${port}`, log, schemas };
  });
}
