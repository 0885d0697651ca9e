import type { PartitionSpan } from '@millrace/event-log';
import type { AppliedPartition } from '@millrace/offline-store';
import type { OffsetVector } from '@millrace/events';

/** How far one topic is in a store. */
export interface TopicLag {
  readonly topic: string;
  /** Records in the log. */
  readonly records: bigint;
  /** Records that the online store does not have yet; null where it does not take the topic. */
  readonly onlineLag: bigint | null;
  /** The same for the offline store. */
  readonly offlineLag: bigint | null;
}

/** The records of a topic beyond what is applied, by partition summed up. */
export function lagOf(
  spans: readonly PartitionSpan[],
  nextOffset: (partition: number) => bigint | undefined,
): bigint {
  return spans.reduce((sum, { partition, first, next }) => {
    const applied = nextOffset(partition) ?? first;
    return sum + (next > applied ? next - applied : 0n);
  }, 0n);
}

/** The lag of a topic in both stores; a store that did not answer has none to tell. */
export function topicLag(
  topic: string,
  spans: readonly PartitionSpan[],
  online: OffsetVector | undefined,
  offline: readonly AppliedPartition[] | undefined,
): TopicLag {
  const ofTopic = offline?.filter((applied) => applied.topic === topic);
  return {
    topic,
    records: spans.reduce((sum, { first, next }) => sum + next - first, 0n),
    onlineLag:
      online === undefined || !topic.startsWith('features.')
        ? null
        : lagOf(spans, (partition) => {
            const last = online[topic]?.[String(partition)];
            return last === undefined ? undefined : last + 1n;
          }),
    offlineLag:
      ofTopic === undefined
        ? null
        : lagOf(spans, (partition) => ofTopic.find((applied) => applied.partition === partition)?.next),
  };
}
