import type { Generation } from './port.ts';

/** For each partition, an offset before which everything is meant. */
export type NextOffsets = ReadonlyMap<number, bigint>;

/** How far a generation that is being built has come. */
export interface BuildProgress {
  readonly generation: Pick<Generation, 'topic' | 'until'>;
  /** The log's end when the rebuild was first seen. */
  readonly endsAtFirst: NextOffsets;
  /** The log's end now. */
  readonly ends: NextOffsets;
  /** What the live generation held, asked before `applied`. */
  readonly live: NextOffsets;
  readonly applied: NextOffsets;
}

/**
 * Where a generation has to be to go live: at what was asked for, else at all that the log had when the rebuild was
 * first seen and no less than the live generation holds, so that no reader sees an older row than before. What the
 * live one holds beyond the log's end does not count: a log that was cut has no such records to wait for.
 */
export function targetOf({
  generation,
  endsAtFirst,
  ends,
  live,
}: Omit<BuildProgress, 'applied'>): NextOffsets {
  const target = new Map<number, bigint>();
  for (const [partition, end] of ends) {
    const asked = generation.until?.[partition];
    const first = endsAtFirst.get(partition) ?? 0n;
    const held = live.get(partition) ?? 0n;
    target.set(partition, asked === undefined ? larger(first, smaller(held, end)) : asked + 1n);
  }
  return target;
}

/** How many records lie between what is applied and a target. */
export function recordsLeft(target: NextOffsets, applied: NextOffsets): bigint {
  let left = 0n;
  for (const [partition, next] of target) left += larger(0n, next - (applied.get(partition) ?? 0n));
  return left;
}

/** Whether the generations of one rebuild go live, all of them together: each has all that it needs in every partition. */
export function readyToGoLive(rebuild: readonly BuildProgress[]): boolean {
  return (
    rebuild.length > 0 &&
    rebuild.every((progress) => recordsLeft(targetOf(progress), progress.applied) === 0n)
  );
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
