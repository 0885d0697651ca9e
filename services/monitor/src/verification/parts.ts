import type { OffsetVector } from '@millrace/events';
import { BUCKETS } from '@millrace/online-store';
import {
  type KeptTopic,
  keptTopics,
  type OffsetStretch,
  stretchesOf,
  type VerificationParts,
} from '@millrace/verification';

/** What a part is about: the log against the offline store, or the online store against the offline store. */
export type PartScope = 'conservation' | 'parity';

/** A stretch of a topic. */
export interface TopicPart {
  readonly scope: 'conservation';
  /** The topic. */
  readonly subject: string;
  readonly kept: KeptTopic;
  readonly stretch: OffsetStretch;
  /** The last part of its topic also looks for rows that the log does not have. */
  readonly isLast: boolean;
}

/** Some buckets of the online store. */
export interface BucketsPart {
  readonly scope: 'parity';
  readonly subject: string;
  /** First and last. */
  readonly buckets: readonly [number, number];
}

/** A small part of all that there is to verify. */
export type VerificationPart = TopicPart | BucketsPart;

/** How large a part is. */
export interface PartSizes {
  /** Buckets of the online store. */
  readonly buckets: number;
  /** Offsets of a topic, its partitions taken together. */
  readonly offsets: number;
}

/** How far a pass is. */
export interface PassCursor {
  /** Of each topic that was begun, the last offsets that were looked at. */
  readonly offsets: OffsetVector;
  /** The bucket before which all were looked at. */
  readonly nextBucket: number;
}

/** Nothing was looked at yet. */
export const atTheBeginning: PassCursor = { offsets: {}, nextBucket: 0 };

/**
 * Everything that there is to verify now, in parts: each topic from its first to its last offset, and every bucket of
 * the online store. Parts of both scopes take turns, so that neither waits for the other's end.
 *
 * @throws MillraceError STORE_UNAVAILABLE, LOG_UNAVAILABLE
 */
export async function allParts(
  stores: VerificationParts,
  sizes: PartSizes,
): Promise<readonly VerificationPart[]> {
  const topics: TopicPart[] = [];
  for (const kept of keptTopics(stores.catalog)) {
    topics.push(...topicParts(kept, await stretchesOf(stores, kept, sizes.offsets)));
  }
  return inTurns(topics, bucketParts(sizes.buckets));
}

/** The parts of a topic; one of which nothing is stored has one, too. */
export function topicParts(kept: KeptTopic, stretches: readonly OffsetStretch[]): readonly TopicPart[] {
  const all = stretches.length === 0 ? [{ from: 0n, until: 0n }] : stretches;
  return all.map((stretch, index) => ({
    scope: 'conservation',
    subject: kept.topic,
    kept,
    stretch,
    isLast: index === all.length - 1,
  }));
}

/** All buckets, in groups. */
export function bucketParts(buckets: number): readonly BucketsPart[] {
  return Array.from({ length: Math.ceil(BUCKETS / buckets) }, (_, index) => {
    const first = index * buckets;
    const last = Math.min(first + buckets, BUCKETS) - 1;
    return { scope: 'parity', subject: `buckets ${first}-${last}`, buckets: [first, last] };
  });
}

/** Both lists in one, spread so that they end together. */
export function inTurns(
  topics: readonly TopicPart[],
  buckets: readonly BucketsPart[],
): readonly VerificationPart[] {
  return [topics, buckets]
    .flatMap((parts) => parts.map((part, index) => ({ part, place: (index + 0.5) / parts.length })))
    .toSorted((a, b) => a.place - b.place)
    .map(({ part }) => part);
}

/** The parts that a pass which is that far has not looked at yet, or not at all of. */
export function partsLeft(
  parts: readonly VerificationPart[],
  cursor: PassCursor,
): readonly VerificationPart[] {
  return parts.filter((part) =>
    part.scope === 'parity'
      ? part.buckets[1] >= cursor.nextBucket
      : part.stretch.until > reached(cursor.offsets, part.subject),
  );
}

/** The offset before which a topic was looked at; -1 where it was not begun. */
function reached(offsets: OffsetVector, topic: string): bigint {
  const last = Object.values(offsets[topic] ?? {});
  return last.reduce((most, offset) => (offset + 1n > most ? offset + 1n : most), -1n);
}
