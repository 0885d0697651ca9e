import { setTimeout as wait } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import { describeError, MillraceError } from '@millrace/kernel';
import type { PartitionSpan } from '../port.ts';
import type { KafkaConnection } from './connection.ts';
import { within } from './within.ts';

const LEADER_TIMEOUT_MS = 20_000;

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

/** A frozen broker answers nothing, and kafkajs would ask it ten times, for half a minute each. */
const ANSWER_MS = 25_000;

/** Asks Kafka; whatever goes wrong is LOG_UNAVAILABLE, and so is no answer. */
export async function asking<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await within(ANSWER_MS, 'answer', ask());
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError('LOG_UNAVAILABLE', `Kafka did not answer: ${describeError(cause)}`, { cause });
  }
}
