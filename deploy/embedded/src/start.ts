import { describeError, type MillraceError, readConfig } from '@millrace/kernel';
import { type MillraceAddresses, type MillraceOptions, startMillrace } from './millrace.ts';
import { serviceNames } from './services.ts';
import { type StartConfig, startConfigSchema } from './start-config.ts';
import { stopOnSignal } from './until-stopped.ts';

/** `npm start`: the stack and the services stay up until Ctrl-C. */
async function main(): Promise<void> {
  const config = readConfig(startConfigSchema, process.env);
  const failed = Promise.withResolvers<MillraceError>();
  console.log('Starting Kafka, schema registry, Redis, ClickHouse and the services …');
  const begun = Date.now();
  const running = await startMillrace(optionsOf(config, failed.resolve));
  const ending = stopOnSignal(running);
  void failed.promise.then((error) => {
    console.error(error.message);
    ending.end(1);
  });
  console.log(report(running.value, config.dataFolder, (Date.now() - begun) / 1000));
}

function optionsOf(config: StartConfig, onFailure: (error: MillraceError) => void): MillraceOptions {
  return {
    folder: config.dataFolder,
    onFailure,
    clickhouse: { user: config.clickhouseUser, password: config.clickhousePassword },
    ports: {
      stack: {
        configured: {
          ...(config.kafkaPort === undefined ? {} : { kafka: config.kafkaPort }),
          ...(config.schemaRegistryPort === undefined ? {} : { schemaRegistry: config.schemaRegistryPort }),
          ...(config.redisPort === undefined ? {} : { redis: config.redisPort }),
          ...(config.clickhousePort === undefined ? {} : { clickhouse: config.clickhousePort }),
        },
        preferred: { kafka: 9092, schemaRegistry: 8081, redis: 6379, clickhouse: 8123 },
      },
      services: {
        configured: {
          gateway: config.gatewayPort,
          'feature-server': config.featureServerPort,
          registry: config.registryPort,
          monitor: config.monitorPort,
          'online-projector': config.onlineProjectorPort,
          'offline-projector': config.offlineProjectorPort,
        },
      },
    },
  };
}

function report({ stack, services }: MillraceAddresses, folder: string, seconds: number): string {
  const { clickhouse } = stack;
  const rows = [
    ...serviceNames.map((name): [string, string] => [name, services[name].url]),
    ['kafka', stack.kafka.brokers.join(',')],
    ['schema-registry', stack.schemaRegistry.url],
    ['redis', stack.redis.url],
    ['clickhouse', `${clickhouse.url} (user ${clickhouse.user}, database ${clickhouse.database})`],
    ['data and logs', folder],
  ];
  const lines = rows.map(([name = '', where = '']) => `  ${name.padEnd(18)}${where}`);
  return `Up after ${seconds.toFixed(1)} s. Ctrl-C stops everything; the data stay.\n\n${lines.join('\n')}\n`;
}

try {
  await main();
} catch (error) {
  console.error(describeError(error));
  process.exit(1);
}
