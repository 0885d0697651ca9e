import type { KeptTopic } from '../kept-topics.ts';
import type { VerificationParts } from '../parts.ts';
import { type NextOffsets, offlineNext } from '../wait.ts';
import type { OffsetWindow } from './offset-queries.ts';

/** A stretch of offsets, the same in every partition of a topic. */
export interface OffsetStretch {
  readonly from: bigint;
  /** Not included. */
  readonly until: bigint;
}

/**
 * What the offline store has of a topic now, in stretches that each have about so many offsets. They begin at the same
 * offsets each time, for as long as the log begins where it did and no other partition gets its first record.
 *
 * @throws MillraceError STORE_UNAVAILABLE, LOG_UNAVAILABLE
 */
export async function stretchesOf(
  parts: VerificationParts,
  kept: KeptTopic,
  offsets: number,
): Promise<readonly OffsetStretch[]> {
  const next = await offlineNext(parts)(kept.topic);
  const spans = await spansUpTo(parts, kept, next);
  return [...windowsOf(spans, offsets)].map(({ from, until }) => ({ from, until }));
}

/** By partition, where the log ends now. */
export async function logEnd({ log }: Pick<VerificationParts, 'log'>, topic: string): Promise<NextOffsets> {
  if (!(await log.topicNames()).includes(topic)) return new Map();
  const spans = await log.spans(topic);
  return new Map(
    spans.filter(({ first, next }) => next > first).map(({ partition, next }) => [partition, next]),
  );
}

/** By partition, the offsets that the log has and the store says that it has. */
export async function spansUpTo(
  { log }: VerificationParts,
  { topic }: KeptTopic,
  applied: NextOffsets,
): Promise<OffsetWindow['spans']> {
  if (!(await log.topicNames()).includes(topic)) return new Map();
  const spans = await log.spans(topic);
  return new Map(
    spans.map(({ partition, first, next: end }) => {
      const stored = applied.get(partition) ?? 0n;
      const next = stored < end ? stored : end;
      return [partition, { first: first < next ? first : next, next }] as const;
    }),
  );
}

/** What of them lies in a stretch. */
export function inStretch(
  spans: OffsetWindow['spans'],
  stretch: OffsetStretch | undefined,
): OffsetWindow['spans'] {
  if (stretch === undefined) return spans;
  return new Map(
    [...spans].map(([partition, span]) => {
      const next = span.next < stretch.until ? span.next : stretch.until;
      const first = span.first > stretch.from ? span.first : stretch.from;
      return [partition, { first: first < next ? first : next, next }] as const;
    }),
  );
}

/** Stretches of them that have about so many offsets, all partitions taken together. */
export function* windowsOf(spans: OffsetWindow['spans'], offsets: number): Generator<OffsetWindow> {
  const ends = [...spans.values()].filter(({ first, next }) => next > first);
  if (ends.length === 0) return;
  const step = BigInt(Math.max(1, Math.floor(offsets / ends.length)));
  const last = ends.reduce((most, { next }) => (next > most ? next : most), 0n);
  let from = ends.reduce((least, { first }) => (first < least ? first : least), last);
  for (; from < last; from += step) yield { from, until: from + step, spans };
}

/** How many offsets a stretch has. */
export function offsetsIn({ from, until, spans }: OffsetWindow): number {
  let offsets = 0;
  for (const { first, next } of spans.values()) {
    const begin = first > from ? first : from;
    const end = next < until ? next : until;
    if (end > begin) offsets += Number(end - begin);
  }
  return offsets;
}
