import type { OffsetVector } from '@millrace/events';

/** A partition, and the offset before which everything is applied. */
export interface AppliedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly next: bigint;
}

/** A vector of the last offsets; a partition with nothing is left out. */
export function lastOffsets(applied: Iterable<AppliedPartition>): OffsetVector {
  const vector: Record<string, Record<string, bigint>> = {};
  for (const { topic, partition, next } of applied) {
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
