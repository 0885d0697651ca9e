import { type Admin, Kafka, logLevel, type RetryOptions, type SASLOptions } from 'kafkajs';
import { MillraceError, type Running } from '@millrace/kernel';
import type { KafkaConfig } from './config.ts';
import { fetchBlocks } from './fetch-blocks.ts';
import { mendIdleTimers } from './idle-timers.ts';
import { frameBySocket } from './socket-framing.ts';
import { asking } from './spans.ts';
import { within } from './within.ts';

/** Says what kafkajs has to say; one line at a time. */
export type KafkaLogger = (
  level: 'error' | 'warn',
  message: string,
  details: Readonly<Record<string, unknown>>,
) => void;

/** What the parts of the Kafka adapter share. */
export interface KafkaConnection {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly config: KafkaConfig;
  /** How kafkajs tries by itself, before what holds it is told. */
  readonly retry: RetryOptions;
  /** Partitions of a topic, remembered. @throws MillraceError LOG_UNAVAILABLE, also when there is no such topic */
  partitionCount(topic: string): Promise<number>;
}

/** Said of every idempotent producer that gives up at last; ours may, since event ids make a copy harmless. */
const FINITE_RETRIES = 'Limiting retries for the idempotent producer may invalidate EoS guarantees';

const LEAVE_MS = 5_000;
/** Some 13 s together. */
const RETRIES = 10;

/**
 * Connects kafkajs.
 *
 * @param retries how often kafkajs tries a request again by itself.
 * @throws MillraceError LOG_UNAVAILABLE when no broker answers.
 */
export async function openConnection(
  clientId: string,
  config: KafkaConfig,
  log: KafkaLogger,
  retries: number = RETRIES,
): Promise<Running<KafkaConnection>> {
  mendIdleTimers();
  fetchBlocks(clientId);
  frameBySocket();
  const sasl = saslOf(config);
  const retry = { retries, initialRetryTime: 100, maxRetryTime: 2_000 };
  const kafka = new Kafka({
    clientId,
    brokers: config.kafkaBrokers,
    ssl: config.kafkaTls,
    ...(sasl === undefined ? {} : { sasl }),
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry,
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ level, log: { message, timestamp: _timestamp, ...details } }) => {
        if (message !== FINITE_RETRIES) log(level === logLevel.ERROR ? 'error' : 'warn', message, details);
      },
  });
  const admin = kafka.admin();
  await asking(() => admin.connect());
  const counts = new Map<string, number>();
  return {
    value: {
      kafka,
      admin,
      config,
      retry,
      async partitionCount(topic) {
        const known = counts.get(topic);
        if (known !== undefined) return known;
        const count = await asking(() => askPartitionCount(admin, topic));
        counts.set(topic, count);
        return count;
      },
    },
    stop: () => within(LEAVE_MS, 'answer', admin.disconnect()).catch(() => undefined),
  };
}

async function askPartitionCount(admin: Admin, topic: string): Promise<number> {
  if (!(await admin.listTopics()).includes(topic)) {
    throw new MillraceError('LOG_UNAVAILABLE', `Kafka has no topic ${topic}`, { details: { topic } });
  }
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const count = topics[0]?.partitions.length ?? 0;
  if (count === 0) throw new MillraceError('LOG_UNAVAILABLE', `topic ${topic} has no partitions yet`);
  return count;
}

function saslOf({ kafkaSaslMechanism, kafkaUsername, kafkaPassword }: KafkaConfig): SASLOptions | undefined {
  const user = { username: kafkaUsername, password: kafkaPassword };
  switch (kafkaSaslMechanism) {
    case undefined:
      return undefined;
    case 'plain':
      return { mechanism: 'plain', ...user };
    case 'scram-sha-256':
      return { mechanism: 'scram-sha-256', ...user };
    case 'scram-sha-512':
      return { mechanism: 'scram-sha-512', ...user };
    default:
      return kafkaSaslMechanism satisfies never;
  }
}
