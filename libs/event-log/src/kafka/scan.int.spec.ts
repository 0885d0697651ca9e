import { testStack, uniqueName } from '@millrace/testing';
import type { Running } from '@millrace/kernel';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EventLog, LogScanner } from '../port.ts';
import { kafkaConfig } from './config.ts';
import { connectKafka } from './connect.ts';

const { brokers } = testStack().kafka;
let running: Running<EventLog & LogScanner>;
let log: EventLog & LogScanner;
beforeAll(async () => {
  const config = kafkaConfig({ kafkaBrokers: brokers.join(',') });
  running = await connectKafka({ clientId: 'scan-test', config });
  log = running.value;
});
afterAll(() => running.stop());

async function topicWith(partitions: number, records: number): Promise<string> {
  const name = uniqueName('scanned');
  await log.ensureTopics([{ name, partitions }]);
  await log.append(
    Array.from({ length: records }, (_, i) => ({
      topic: name,
      key: Buffer.from(`key ${i}`),
      value: Buffer.from(String(i)),
    })),
  );
  return name;
}

async function scanned(topic: string, stretches: Parameters<LogScanner['scan']>[1]): Promise<string[]> {
  const found: string[] = [];
  await log.scan(topic, stretches, (records) => {
    for (const { partition, offset } of records) found.push(`${partition}@${offset}`);
  });
  return found;
}

it('reads stretches of partitions, and nothing beside them', async () => {
  const topic = await topicWith(2, 200);
  const stretches = [
    { partition: 1, first: 50n, next: 53n },
    { partition: 1, first: 3n, next: 5n },
    { partition: 0, first: 0n, next: 1n },
    { partition: 0, first: 7n, next: 7n },
  ];
  const found = await scanned(topic, stretches);
  expect(found.sort()).toEqual(['0@0', '1@3', '1@4', '1@50', '1@51', '1@52']);
  expect(await scanned(topic, await log.spans(topic))).toHaveLength(200);
  expect(await scanned(topic, [])).toEqual([]);
});

it('ends at the end of a stretch that is all markers of transactions', async () => {
  const topic = await topicWith(1, 2);
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  for (const end of ['commit', 'abort'] as const) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ key: 'a', value: end }] });
    await transaction[end]();
  }
  await producer.disconnect();
  // The coordinator writes markers after it has answered.
  await expect.poll(async () => (await log.spans(topic))[0]?.next).toBe(6n);
  // Offset 3 is the marker of the first transaction; 4 and 5 are the record that was taken back, and its marker.
  expect(await scanned(topic, [{ partition: 0, first: 0n, next: 6n }])).toEqual(['0@0', '0@1', '0@2']);
  expect(await scanned(topic, [{ partition: 0, first: 3n, next: 6n }])).toEqual([]);
  expect(await scanned(topic, [{ partition: 0, first: 3n, next: 4n }])).toEqual([]);
});

it('throws what is thrown over the records', async () => {
  const topic = await topicWith(1, 1);
  const reading = log.scan(topic, await log.spans(topic), () => {
    throw new RangeError('not these');
  });
  await expect(reading).rejects.toThrow('not these');
});
