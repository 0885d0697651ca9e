import { setTimeout as wait } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';

const LONGEST_WAIT_MS = 10_000;
const PAUSE_MS = 25;
const NOT_YET: ReadonlySet<string> = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE']);

/**
 * Resolves when every partition of some topics has a leader. Brokers learn of a topic a moment after it was made,
 * by us or by somebody else; kafkajs takes the answer of that moment for an error.
 */
export async function awaitTopics(admin: Admin, topics: readonly string[]): Promise<void> {
  const until = performance.now() + LONGEST_WAIT_MS;
  for (;;) {
    try {
      const metadata = await admin.fetchTopicMetadata({ topics: [...topics] });
      if (
        metadata.topics.every(
          ({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0),
        )
      )
        return;
    } catch (error) {
      if (!(error instanceof kafkajs.KafkaJSProtocolError) || !NOT_YET.has(error.type)) throw error;
      if (performance.now() > until) throw error;
    }
    await wait(PAUSE_MS);
  }
}
