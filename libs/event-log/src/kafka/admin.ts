import { randomUUID } from 'node:crypto';
import { topicConfig } from '@millrace/events';
import { MillraceError, type Micros } from '@millrace/kernel';
import type { AppendedAt, LogAdmin, LogRecord } from '../port.ts';
import { awaitTopics } from './await-topics.ts';
import type { KafkaConnection } from './connection.ts';
import { leave } from './keep-running.ts';
import { batchOf } from './partition-batch.ts';
import { asking, readSpans } from './spans.ts';

const READ_TIMEOUT_MS = 10_000;

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
    read: (at) => asking(() => readOne(connection, at)),
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
            const [first] = records;
            if (first !== undefined && first.offset > at.offset) return;
            found([...records].find(({ offset }) => offset === at.offset));
          },
        })
        .then(() => consumer.seek({ topic: at.topic, partition: at.partition, offset: String(at.offset) }))
        .catch(reject);
    });
  } finally {
    await leave(consumer);
  }
}
