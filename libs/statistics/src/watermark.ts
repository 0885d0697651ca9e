import type { Micros } from '@millrace/kernel';
import { greatest, least, type PartitionProgress } from './progress.ts';

/** A partition, what is applied of it, and how far its log went when that was looked up. */
export interface PartitionState {
  readonly progress: PartitionProgress;
  /** One past the last offset in the log, read after `progress`. */
  readonly logEnd: bigint;
}

/**
 * How far event time has come: `min over partitions p of min(max eventTime applied of p, max recordedAt applied of p)`.
 * The clamp keeps an event from the future from closing windows early.
 *
 * A partition that is applied to its end does not hold the watermark back when nothing was ever recorded in it,
 * or when it is idle: the greatest `recordedAt` of the partitions is ahead of its own by more than `idleAfter`.
 * One that has records still to be applied always does. No clock is read, so a replay decides the same.
 *
 * Source: Akidau et al., "Watermarks in Stream Processing Systems", VLDB 2021, section 3 (minimum over inputs, idle inputs).
 *
 * @returns null while nothing can be said: no event is applied, or a partition with records has none applied.
 */
export function watermarkOf(partitions: readonly PartitionState[], idleAfter: Micros): Micros | null {
  let newest: Micros | null = null;
  for (const { progress } of partitions) newest = greatest(newest, progress.maxRecordedAt);
  let watermark: Micros | null = null;
  for (const { progress, logEnd } of partitions) {
    const reached = least(progress.maxEventTime, progress.maxRecordedAt);
    const applied = progress.nextOffset >= logEnd;
    if (applied && (progress.maxEventTime === null || isIdle(progress.maxRecordedAt, newest, idleAfter)))
      continue;
    if (progress.maxEventTime === null || reached === null) return null;
    watermark = least(watermark, reached);
  }
  return watermark;
}

function isIdle(recordedAt: Micros | null, newest: Micros | null, idleAfter: Micros): boolean {
  return recordedAt !== null && newest !== null && newest - recordedAt > idleAfter;
}
