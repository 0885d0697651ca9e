import type { Micros } from '@millrace/kernel';

/** Where a record is in the log. */
export interface LogPosition {
  /** How often the topic was made anew, 0 to 255. */
  readonly epoch: number;
  /** 0 to 65,535. */
  readonly partition: number;
  /** 0 to 2^40 − 1. */
  readonly offset: bigint;
}

/** A position as one number of 64 bits: epoch (8) | offset (40) | partition (16). Larger is later. */
export type Position = bigint;

/** Packs a position so that comparing the numbers orders by epoch, then offset, then partition. */
export function packPosition({ epoch, offset, partition }: LogPosition): Position {
  return (BigInt(epoch) << 56n) | (offset << 16n) | BigInt(partition);
}

/** Unpacks what {@link packPosition} packed. */
export function unpackPosition(position: Position): LogPosition {
  return {
    epoch: Number(position >> 56n),
    offset: (position >> 16n) & 0xff_ffff_ffffn,
    partition: Number(position & 0xffffn),
  };
}

const TIME_BIAS = 1n << 63n;

/**
 * The one column that orders the events of a view, `(eventTime, position)`, as an unsigned number of 128 bits.
 * The time is biased so that instants before 1970 sort before those after.
 */
export function asOfKey(eventTime: Micros, position: Position): bigint {
  return ((eventTime + TIME_BIAS) << 64n) | position;
}

/**
 * Offsets by topic and partition: `{ topic: { partition: offset } }`. As knowledge, every record at or below
 * its partition's offset is known, and nothing of a partition that is not named.
 */
export type OffsetVector = Readonly<Record<string, Readonly<Record<string, bigint>>>>;
