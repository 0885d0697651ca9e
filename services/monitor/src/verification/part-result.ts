import type { PartitionOffset } from '@millrace/events';
import {
  type Difference,
  type DifferenceCounts,
  type DifferenceTally,
  verifyBuckets,
  verifyTopic,
  type VerificationParts,
  type VerificationReport,
} from '@millrace/verification';
import { offsetList } from '../offsets.ts';
import type { TopicPart, VerificationPart } from './parts.ts';

/** What came out of a part. */
export interface PartResult {
  readonly outcome: VerificationReport['outcome'];
  /** The last offsets that were checked. */
  readonly offsets: readonly PartitionOffset[];
  /** Offsets of the log, or entities, that were looked at. */
  readonly checked: number;
  readonly counts: DifferenceCounts;
  /** The first differences. */
  readonly differences: readonly Difference[];
}

/** Differences that are looked into and told. */
const MOST_DIFFERENCES = 10;
/** Longest wait, in milliseconds, for the offline store to have what buckets of the online store have. */
const WAIT_MS = 10_000;

/** Checks one part. @throws MillraceError STORE_UNAVAILABLE, LOG_UNAVAILABLE, REGISTRY_UNAVAILABLE */
export function verifyPart(parts: VerificationParts, part: VerificationPart): Promise<PartResult> {
  return part.scope === 'conservation'
    ? verifyTopicPart(parts, part)
    : verifyBucketsPart(parts, part.buckets);
}

async function verifyTopicPart(
  parts: VerificationParts,
  { kept, stretch, isLast }: TopicPart,
): Promise<PartResult> {
  const options = { maxDifferences: MOST_DIFFERENCES, stretch, outside: isLast };
  const { topic, next, offsets, differences } = await verifyTopic(parts, kept, options);
  const last = Object.fromEntries(
    [...next].flatMap(([partition, stored]) => {
      const end = stored < stretch.until ? stored : stretch.until;
      return end > 0n ? [[String(partition), end - 1n]] : [];
    }),
  );
  return resultOf(differences, false, offsets, offsetList({ [topic]: last }));
}

async function verifyBucketsPart(
  parts: VerificationParts,
  [first, last]: readonly [number, number],
): Promise<PartResult> {
  const results: PartResult[] = [];
  for (let from = first; from <= last; ) {
    const found = await verifyBuckets(parts, from, last, {
      maxDifferences: MOST_DIFFERENCES,
      waitMs: WAIT_MS,
    });
    const entities = found.views.reduce((sum, view) => sum + view.entities, 0);
    results.push(resultOf(found.differences, found.pending.length > 0, entities, offsetList(found.offsets)));
    from = found.to + 1;
  }
  return results.reduce(joined);
}

function resultOf(
  differences: DifferenceTally,
  isPending: boolean,
  checked: number,
  offsets: readonly PartitionOffset[],
): PartResult {
  return {
    outcome: differences.total > 0 ? 'different' : isPending ? 'not-reached' : 'equal',
    offsets,
    checked,
    counts: differences.counts,
    differences: differences.kept,
  };
}

function joined(a: PartResult, b: PartResult): PartResult {
  return {
    outcome: a.outcome === 'equal' || b.outcome === 'different' ? b.outcome : a.outcome,
    offsets: b.offsets,
    checked: a.checked + b.checked,
    counts: addCounts(a.counts, b.counts),
    differences: [...a.differences, ...b.differences].slice(0, MOST_DIFFERENCES),
  };
}

/** What parts of one scope found together, in their order; the last offsets of a topic stand for all. */
export function sumOfParts(before: PartResult | undefined, result: PartResult): PartResult {
  if (before === undefined) return result;
  const topicsNow = new Set(result.offsets.map(({ topic }) => topic));
  return {
    outcome: before.outcome === 'equal' || result.outcome === 'different' ? result.outcome : before.outcome,
    offsets: [...before.offsets.filter(({ topic }) => !topicsNow.has(topic)), ...result.offsets],
    checked: before.checked + result.checked,
    counts: addCounts(before.counts, result.counts),
    differences: before.differences.length > 0 ? before.differences : result.differences,
  };
}

/** Both together. */
export function addCounts(a: DifferenceCounts, b: DifferenceCounts): DifferenceCounts {
  return {
    lost: a.lost + b.lost,
    unknown: a.unknown + b.unknown,
    doubled: a.doubled + b.doubled,
    differing: a.differing + b.differing,
  };
}

/** No differences. */
export const noCounts: DifferenceCounts = { lost: 0, unknown: 0, doubled: 0, differing: 0 };
