import type { Catalog } from '@millrace/feature-registry';
import { BUCKETS } from '@millrace/online-store';
import { type KeptTopic, keptTopics } from '@millrace/verification';

/** What a part is about: the log against the offline store, or the online store against the offline store. */
export type PartScope = 'conservation' | 'parity';

/** A small part of all that there is to verify. */
export type VerificationPart =
  | { readonly scope: 'conservation'; readonly subject: string; readonly kept: KeptTopic }
  | { readonly scope: 'parity'; readonly subject: string; readonly buckets: readonly [number, number] };

/**
 * Everything that there is to verify, in parts: each topic, and the buckets of the online store in groups.
 *
 * @param buckets in a group.
 */
export function partsOf(catalog: Pick<Catalog, 'views'>, buckets: number): readonly VerificationPart[] {
  const topics = keptTopics(catalog).map(
    (kept): VerificationPart => ({ scope: 'conservation', subject: kept.topic, kept }),
  );
  const groups = Array.from({ length: Math.ceil(BUCKETS / buckets) }, (_, index): VerificationPart => {
    const first = index * buckets;
    const last = Math.min(first + buckets, BUCKETS) - 1;
    return { scope: 'parity', subject: `buckets ${first}-${last}`, buckets: [first, last] };
  });
  return [...topics, ...groups];
}
