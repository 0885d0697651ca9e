import type { OffsetVector, PartitionOffset } from '@millrace/events';

/** A vector as the list that events carry, by topic and partition. */
export function offsetList(vector: OffsetVector): readonly PartitionOffset[] {
  return Object.entries(vector)
    .flatMap(([topic, partitions]) =>
      Object.entries(partitions).map(([partition, offset]) => ({
        topic,
        partition: Number(partition),
        offset,
      })),
    )
    .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
}

/** The vector that a list stands for. */
export function offsetVector(offsets: readonly PartitionOffset[]): OffsetVector {
  const vector: Record<string, Record<string, bigint>> = {};
  for (const { topic, partition, offset } of offsets) (vector[topic] ??= {})[partition] = offset;
  return vector;
}

/** Whether a vector knows everything that another one knows. */
export function covers(vector: OffsetVector, other: readonly PartitionOffset[]): boolean {
  return other.every(({ topic, partition, offset }) => (vector[topic]?.[partition] ?? -1n) >= offset);
}
