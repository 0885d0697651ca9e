import type { OffsetVector } from '@millrace/events';
import type { TopicPartition } from './port.ts';

/** A vector of the last offsets, out of next offsets by partition; a partition with nothing is left out. */
export function lastOffsets(nextOffsets: Iterable<readonly [TopicPartition, bigint]>): OffsetVector {
  const vector: Record<string, Record<string, bigint>> = {};
  for (const [{ topic, partition }, next] of nextOffsets) {
    if (next > 0n) (vector[topic] ??= {})[partition] = next - 1n;
  }
  return vector;
}

/** Whether everything that `wanted` names is at or below `applied`. */
export function covers(applied: OffsetVector, wanted: OffsetVector): boolean {
  return Object.entries(wanted).every(([topic, partitions]) =>
    Object.entries(partitions).every(([partition, offset]) => (applied[topic]?.[partition] ?? -1n) >= offset),
  );
}
