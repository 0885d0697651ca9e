import { Partitioners } from 'kafkajs';
import { partitionOf } from '@millrace/events';
import { MillraceError, type Running } from '@millrace/kernel';
import type { AppendedAt, LogWriter, RecordToAppend, RecordToReplay } from '../port.ts';
import { intoRequests, type Placed, sendRequest } from './append-requests.ts';
import type { KafkaConnection } from './connection.ts';
import { appendError, isRefusal } from './kafka-errors.ts';
import { type Sender, startSender } from './producing.ts';
import { within } from './within.ts';

interface Pending {
  readonly records: readonly (RecordToAppend | RecordToReplay)[];
  readonly resolve: (positions: readonly AppendedAt[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends with `acks=all` and one request under way at a time: what arrives meanwhile goes together in the next
 * one, so that a busy writer sends few large requests, an idle one adds no delay, and one key keeps its order.
 * When Kafka does not answer in time, all that wait are told: nobody waits, and holds memory, for longer than that.
 */
export async function startWriter(connection: KafkaConnection): Promise<Running<LogWriter>> {
  const newProducer = () =>
    connection.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      // Records carry their partition; this only keeps kafkajs from warning about its default.
      createPartitioner: Partitioners.DefaultPartitioner,
    });
  const sender = await startSender(newProducer, connection.config.kafkaAppendTimeoutMs);
  let queue: Pending[] = [];
  let draining: Promise<void> | undefined;

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      const group = queue;
      queue = [];
      const { outcomes, away } = await appendGroup(connection, sender, group);
      outcomes.forEach((outcome, index) => {
        if (outcome instanceof Error) group[index]?.reject(outcome);
        else group[index]?.resolve(outcome);
      });
      if (away === undefined) continue;
      const waiting = queue;
      queue = [];
      for (const { reject } of waiting) reject(away);
    }
    draining = undefined;
  }

  return {
    value: {
      append(records) {
        if (records.length === 0) return Promise.resolve([]);
        return new Promise((resolve, reject) => {
          queue.push({ records, resolve, reject });
          // The next turn, so that calls of this one go together.
          draining ??= new Promise<void>((turn) => setImmediate(turn)).then(drain);
        });
      },
    },
    async stop() {
      await draining;
      await sender.stop();
    },
  };
}

interface GroupOutcome {
  /** For each append, where its records stand or why they may not. */
  readonly outcomes: readonly (readonly AppendedAt[] | MillraceError)[];
  /** Set when Kafka did not answer. */
  readonly away: MillraceError | undefined;
}

async function appendGroup(
  connection: KafkaConnection,
  sender: Sender,
  group: readonly Pending[],
): Promise<GroupOutcome> {
  const results = group.map((): AppendedAt[] => []);
  const failures = new Map<number, MillraceError>();
  const placed: Placed[] = [];
  const owners = new Map<Placed, number>();
  for (const [index, { records }] of group.entries()) {
    try {
      const counts = await partitionCounts(connection, records);
      records.forEach((record, at) => {
        const item: Placed = {
          record,
          partition:
            'partition' in record ? record.partition : partitionOf(record.key, counts.get(record.topic) ?? 1),
          place: (position) => {
            const positions = results[index];
            if (positions !== undefined) positions[at] = position;
          },
        };
        placed.push(item);
        owners.set(item, index);
      });
    } catch (error) {
      failures.set(index, appendError(error));
    }
  }
  let away: MillraceError | undefined;
  for (const request of intoRequests(placed)) {
    const failed = await outcomeOf(sendRequest((batch) => sender.send(batch), request));
    if (failed === undefined) continue;
    const error = appendError(failed.error);
    for (const item of request) failures.set(owners.get(item) ?? -1, error);
    if (isRefusal(failed.error)) continue;
    away = error;
    break;
  }
  const outcomes = results.map((positions, index) => {
    const complete = positions.filter(() => true).length === group[index]?.records.length;
    if (complete) return positions;
    return failures.get(index) ?? away ?? new MillraceError('LOG_UNAVAILABLE', 'Kafka answered for less');
  });
  return { outcomes, away };
}

async function partitionCounts(
  connection: KafkaConnection,
  records: readonly (RecordToAppend | RecordToReplay)[],
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { topic } of records) {
    if (counts.has(topic)) continue;
    const { kafkaAppendTimeoutMs } = connection.config;
    counts.set(topic, await within(kafkaAppendTimeoutMs, 'answer', connection.partitionCount(topic)));
  }
  return counts;
}

async function outcomeOf(work: Promise<void>): Promise<{ readonly error: unknown } | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return { error };
  }
}
