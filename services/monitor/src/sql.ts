import type { OffsetVector } from '@millrace/events';
import type { Micros } from '@millrace/kernel';
import type { Window } from '@millrace/statistics';

/** A double, bit for bit: no decimal text is parsed on the way. */
export function sqlDouble(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return `reinterpretAsFloat64(toUInt64(${view.getBigUint64(0)}))`;
}

/** The double that `reinterpretAsUInt64` gave the bits of. */
export function doubleOfBits(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}

/** An instant. */
export function sqlInstant(micros: Micros): string {
  return `fromUnixTimestamp64Micro(toInt64(${micros}), 'UTC')`;
}

/** Rows whose event time lies in a window. */
export function inWindow({ start, end }: Window): string {
  return `event_time >= ${sqlInstant(start)} AND event_time < ${sqlInstant(end)}`;
}

/** Rows that a vector knows of one topic; rows of earlier epochs of the topic are all known. */
export function knownTo(vector: OffsetVector, topic: string, epoch: number): string {
  const partitions = Object.entries(vector[topic] ?? {}).map(
    ([partition, offset]) => `(\`partition\` = ${partition} AND \`offset\` <= ${offset})`,
  );
  if (partitions.length === 0) return `epoch < ${epoch}`;
  return `(epoch < ${epoch} OR (epoch = ${epoch} AND (${partitions.join(' OR ')})))`;
}
