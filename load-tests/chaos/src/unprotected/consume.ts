import { createServer } from 'node:http';
import { Kafka, logLevel } from 'kafkajs';
import { loadTopics } from '../checks/topics.ts';
import { type DecodedEvent, decodeOrDrop } from './decode.ts';

/** The consumer group of a projector of the control. */
export function unprotectedGroup(service: string): string {
  return `unprotected.${service}`;
}

/**
 * Consumes the way that looks right and is not: it goes on from committed offsets, commits a batch before its
 * effect, and forgets a batch whose effect fails.
 */
export async function consumeUnprotected(
  service: string,
  port: number,
  effect: (events: readonly DecodedEvent[]) => Promise<void>,
): Promise<void> {
  const brokers = (process.env['MILLRACE_KAFKA_BROKERS'] ?? '').split(',');
  const sessionTimeout = Number(process.env['MILLRACE_KAFKA_SESSION_TIMEOUT_MS']);
  const kafka = new Kafka({ clientId: unprotectedGroup(service), brokers, logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({
    groupId: unprotectedGroup(service),
    sessionTimeout,
    heartbeatInterval: 1_000,
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [...loadTopics], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    async eachBatch({ batch: { topic, partition, messages }, resolveOffset }) {
      const last = messages.at(-1);
      if (last === undefined) return;
      await consumer.commitOffsets([{ topic, partition, offset: String(BigInt(last.offset) + 1n) }]);
      resolveOffset(last.offset);
      const events = messages.flatMap(({ value }) => decodeOrDrop(topic, value) ?? []);
      if (events.length > 0) await effect(events).catch(() => undefined);
    },
  });
  createServer((_request, response) => response.end('{}')).listen(port, '127.0.0.1');
}
