import { freePort, type StackAddresses } from '@millrace/embedded';
import { type Running, startTogether } from '@millrace/kernel';
import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer, Wait } from 'testcontainers';

/** The servers' images: the same as in docker-compose.yml, which a test holds. */
export const images = {
  kafka: 'apache/kafka:4.3.0',
  schemaRegistry: 'apicurio/apicurio-registry:3.3.3',
  redis: 'redis:8.2.1',
  clickhouse: 'clickhouse/clickhouse-server:26.7',
} as const;

const CLICKHOUSE_USER = { user: 'millrace', password: 'millrace', database: 'millrace' } as const;

/** The same servers as the embedded stack, in containers; undefined when no container engine answers. */
export async function startContainers(): Promise<Running<StackAddresses> | undefined> {
  const engine = await getContainerRuntimeClient().catch(() => undefined);
  if (engine === undefined) return undefined;
  return startTogether(async (starter) => {
    const start = (container: GenericContainer) =>
      starter.start(async () => {
        const started = await container.start();
        return { value: started, stop: async () => void (await started.stop()) };
      });
    // Kafka tells its clients its own address, so the port has to be known before it starts.
    const kafkaPort = await freePort();
    await start(kafkaContainer(kafkaPort));
    const schemaRegistry = await start(
      new GenericContainer(images.schemaRegistry)
        .withExposedPorts(8080)
        .withEnvironment({ APICURIO_STORAGE_KIND: 'sql', APICURIO_STORAGE_SQL_KIND: 'h2' })
        .withWaitStrategy(Wait.forHttp('/apis/ccompat/v7/subjects', 8080)),
    );
    const redis = await start(new GenericContainer(images.redis).withExposedPorts(6379));
    const clickhouse = await start(
      new GenericContainer(images.clickhouse)
        .withExposedPorts(8123)
        .withEnvironment({
          CLICKHOUSE_USER: CLICKHOUSE_USER.user,
          CLICKHOUSE_PASSWORD: CLICKHOUSE_USER.password,
          CLICKHOUSE_DB: CLICKHOUSE_USER.database,
        })
        .withWaitStrategy(Wait.forHttp('/ping', 8123)),
    );
    return {
      kafka: { brokers: [`127.0.0.1:${kafkaPort}`] },
      schemaRegistry: { url: `http://${addressOf(schemaRegistry, 8080)}/apis/ccompat/v7` },
      redis: { url: `redis://${addressOf(redis, 6379)}` },
      clickhouse: { url: `http://${addressOf(clickhouse, 8123)}`, ...CLICKHOUSE_USER },
    };
  });
}

function kafkaContainer(port: number): GenericContainer {
  return new GenericContainer(images.kafka)
    .withExposedPorts({ container: 9092, host: port })
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/));
}

function addressOf(container: StartedTestContainer, port: number): string {
  return `${container.getHost()}:${container.getMappedPort(port)}`;
}
