import { Kafka, logLevel } from 'kafkajs';
import { z } from 'zod';
import { inParallel } from '../measure.ts';

/** How fast kafkajs alone appends records of the same size as those at the head of a topic, with `acks=all`. */
export async function produceRate(
  brokers: readonly string[],
  likeTopic: string,
  rows: number,
  batch: number,
): Promise<number> {
  const kafka = new Kafka({ clientId: 'limit', brokers: [...brokers], logLevel: logLevel.NOTHING });
  const value = await firstValue(kafka, likeTopic);
  const topic = 'limit-produce';
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 8 }], waitForLeaders: true });
  const producer = kafka.producer();
  await producer.connect();
  const messages = Array.from({ length: batch }, (_, i) => ({ key: Buffer.from(`key-${i}`), value }));
  const batches = Array.from({ length: rows / batch }, (_, i) => i);
  const { seconds } = await inParallel(batches, 4, () => producer.send({ topic, acks: -1, messages }));
  await producer.disconnect();
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
  return rows / seconds;
}

async function firstValue(kafka: Kafka, topic: string): Promise<Buffer> {
  const consumer = kafka.consumer({ groupId: `limit-${Date.now()}` });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const value = await new Promise<unknown>((resolve, reject) => {
    consumer
      .run({ autoCommit: false, eachMessage: async ({ message }) => resolve(message.value) })
      .catch(reject);
  });
  await consumer.disconnect();
  return z.instanceof(Buffer).parse(value);
}
