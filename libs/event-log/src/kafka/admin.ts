import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import { topicConfig } from '@millrace/events';
import { describeError, MillraceError, type Micros } from '@millrace/kernel';
import type { AppendedAt, LogAdmin, LogRecord, PartitionSpan } from '../port.ts';
import { awaitTopics } from './await-topics.ts';
import type { KafkaConnection } from './connection.ts';
import { batchOf, disconnect } from './consume.ts';

const READ_TIMEOUT_MS = 10_000;
const LEADER_TIMEOUT_MS = 10_000;

/** Topics and offsets by Kafka's admin requests. */
export function kafkaAdmin(connection: KafkaConnection): LogAdmin {
  const { admin, config } = connection;
  return {
    ensureTopics: (specs) =>
      asking(async () => {
        const present = new Set(await admin.listTopics());
        const missing = specs.filter(({ name }) => !present.has(name));
        if (missing.length === 0) return;
        await admin.createTopics({
          topics: missing.map(({ name, partitions }) => ({
            topic: name,
            numPartitions: partitions === 'default' ? config.kafkaPartitions : partitions,
            replicationFactor: config.kafkaReplication,
            configEntries: Object.entries(topicConfig(name, config.kafkaMinInSyncReplicas)).map(
              ([setting, value]) => ({ name: setting, value }),
            ),
          })),
          waitForLeaders: false,
        });
        await awaitTopics(
          admin,
          missing.map(({ name }) => name),
        );
      }),
    topicNames: () => asking(() => admin.listTopics()),
    spans: (topic) => readSpans(connection, topic),
    committed: (groupId, topic) =>
      asking(async () => {
        const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] });
        const offsets = answer?.partitions ?? [];
        return new Map(
          offsets
            .filter(({ offset }) => offset !== '-1')
            .map(({ partition, offset }) => [partition, BigInt(offset)]),
        );
      }),
    vectorAt: (topics, recordedAt) =>
      asking(async () => {
        const vector: Record<string, Record<string, bigint>> = {};
        for (const topic of topics) vector[topic] = await vectorOf(connection, topic, recordedAt);
        return vector;
      }),
    read: (at) => readOne(connection, at),
  };
}

async function vectorOf(
  { admin }: KafkaConnection,
  topic: string,
  recordedAt: Micros,
): Promise<Record<string, bigint>> {
  // Broker times are whole milliseconds: all of a millisecond counts once the time has reached it.
  const after = Number(recordedAt / 1000n) + 1;
  const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, after);
  return Object.fromEntries(
    offsets
      .map(({ partition, offset }): [string, bigint] => [String(partition), BigInt(offset) - 1n])
      .filter(([, last]) => last >= 0n),
  );
}

/**
 * For a moment after a topic was made, its broker says that it is not the leader; and kafkajs stumbles over its own
 * metadata (a TypeError) when another request refreshes them meanwhile. Both pass.
 */
async function fetchOffsets(
  admin: Admin,
  topic: string,
  until = performance.now() + LEADER_TIMEOUT_MS,
): ReturnType<Admin['fetchTopicOffsets']> {
  try {
    return await admin.fetchTopicOffsets(topic);
  } catch (error) {
    if (!passes(error) || performance.now() > until) throw error;
    await wait(25);
    return fetchOffsets(admin, topic, until);
  }
}

function passes(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof kafkajs.KafkaJSProtocolError && error.retriable);
}

/** First and next offset of every partition of a topic. */
export function readSpans({ admin }: KafkaConnection, topic: string): Promise<readonly PartitionSpan[]> {
  return asking(async () => {
    const offsets = await fetchOffsets(admin, topic);
    return offsets
      .map(({ partition, low, high }) => ({ partition, first: BigInt(low), next: BigInt(high) }))
      .sort((a, b) => a.partition - b.partition);
  });
}

async function readOne(connection: KafkaConnection, at: AppendedAt): Promise<LogRecord | undefined> {
  const span = (await readSpans(connection, at.topic)).find(({ partition }) => partition === at.partition);
  if (span === undefined || at.offset < span.first || at.offset >= span.next) return undefined;
  const consumer = connection.kafka.consumer({ groupId: `read.${randomUUID()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [at.topic], fromBeginning: true });
    return await new Promise<LogRecord | undefined>((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(
            new MillraceError(
              'LOG_UNAVAILABLE',
              `Kafka did not give ${at.topic}/${at.partition}@${at.offset} in time`,
            ),
          ),
        READ_TIMEOUT_MS,
      );
      const found = (record: LogRecord | undefined) => {
        clearTimeout(timer);
        resolve(record);
      };
      consumer
        .run({
          autoCommit: false,
          async eachBatch({ batch }) {
            const { records, nextOffset, partition } = batchOf(batch, () => true);
            if (partition !== at.partition || nextOffset <= at.offset) return;
            const first = records[0]?.offset;
            if (first !== undefined && first > at.offset) return;
            found(records.find(({ offset }) => offset === at.offset));
          },
        })
        .then(() => consumer.seek({ topic: at.topic, partition: at.partition, offset: String(at.offset) }))
        .catch(reject);
    });
  } finally {
    await disconnect(consumer);
  }
}

async function asking<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError('LOG_UNAVAILABLE', `Kafka did not answer: ${describeError(cause)}`, { cause });
  }
}
