import type { OffsetVector } from '@millrace/events';
import { BUCKETS } from '@millrace/online-store';
import { logEnd } from './conservation/stretches.ts';
import { verifyTopic } from './conservation/verify-topic.ts';
import { verifyRecords } from './deep/verify-records.ts';
import { DifferenceTally } from './difference.ts';
import { type KeptTopic, keptTopics } from './kept-topics.ts';
import type { VerificationParts } from './parts.ts';
import { verifyBuckets } from './parity/verify-buckets.ts';
import type { TopicReport, VerificationReport, ViewReport } from './report.ts';
import { type StaleView, waitForViews } from './stale-views.ts';
import { type NextOffsets, offlineNext, onlineNext, type Pending, waitForStore } from './wait.ts';

/** What is verified. */
export interface VerifyOptions {
  /** Names of feature views; with it, their topics only. @default all views and all topics */
  readonly views?: readonly string[];
  /** First and last bucket of the online store. @default all */
  readonly buckets?: readonly [first: number, last: number];
  /** Whether every row of the offline store is compared with its record, the old ones too. @default false */
  readonly deep?: boolean;
  /** Most differences that are described; all are counted. @default 20 */
  readonly maxDifferences?: number;
  /** Longest wait, in milliseconds, for a store to have what the log had at the beginning. @default 30,000 */
  readonly waitMs?: number;
  readonly onProgress?: (progress: VerificationProgress) => void;
}

/** How far a verification is. */
export interface VerificationProgress {
  readonly step: 'waiting' | 'conservation' | 'parity' | 'records';
  /** The topic, the buckets, or the feature view. */
  readonly what: string;
  /** Offsets, or buckets, done in this step, of so many. */
  readonly done: number;
  readonly of: number;
}

/**
 * Proves that both stores are what the log says: nothing of what the log had at the beginning is lost, doubled or
 * invented in the offline store, and every bucket of the online store equals the offline store at its own positions.
 * Reads only, and writes may go on meanwhile.
 *
 * @throws MillraceError STORE_UNAVAILABLE, LOG_UNAVAILABLE, REGISTRY_UNAVAILABLE
 */
export async function verify(
  parts: VerificationParts,
  options: VerifyOptions = {},
): Promise<VerificationReport> {
  const { maxDifferences = 20, waitMs = 30_000, views, onProgress } = options;
  const begun = performance.now();
  const differences = new DifferenceTally(maxDifferences);
  const topics = keptTopics(parts.catalog).filter(
    ({ featureView }) => views === undefined || (featureView !== null && views.includes(featureView)),
  );
  onProgress?.({ step: 'waiting', what: 'the stores', done: 0, of: topics.length });
  const { log, pending } = await waitForLog(parts, topics, waitMs);

  const checked = await verifyConservation(parts, topics, options);
  const compared = await verifyParity(parts, options, pending);
  const records = options.deep === true ? await verifyAllRecords(parts, options) : undefined;
  differences.addAll(checked.differences);
  differences.addAll(compared.differences);
  if (records !== undefined) differences.addAll(records.differences);
  return {
    outcome:
      differences.total > 0
        ? 'different'
        : pending.length + checked.stale.length > 0
          ? 'not-reached'
          : 'equal',
    log,
    conservation: {
      topics: checked.topics,
      differences: checked.differences.total,
      counts: checked.differences.counts,
    },
    parity: {
      buckets: compared.buckets,
      views: compared.views,
      differences: compared.differences.total,
      counts: compared.differences.counts,
    },
    records:
      records === undefined
        ? null
        : { rows: records.rows, differences: records.differences.total, counts: records.differences.counts },
    counts: differences.counts,
    differences: differences.kept,
    pending,
    stale: checked.stale,
    seconds: (performance.now() - begun) / 1000,
  };
}

/** Waits until both stores have what the log has now, and analysts see what is live. */
async function waitForLog(
  parts: VerificationParts,
  topics: readonly KeptTopic[],
  waitMs: number,
): Promise<{ readonly log: OffsetVector; readonly pending: Pending[] }> {
  const ends: { readonly kept: KeptTopic; readonly end: NextOffsets }[] = [];
  for (const kept of topics) ends.push({ kept, end: await logEnd(parts, kept.topic) });
  const deadline = performance.now() + waitMs;
  const pending: Pending[] = [];
  for (const { kept, end } of ends) {
    const { topic, featureView } = kept;
    pending.push(...(await waitForStore(parts, 'offline', offlineNext(parts), topic, end, deadline)));
    if (featureView !== null)
      pending.push(...(await waitForStore(parts, 'online', onlineNext(parts), topic, end, deadline)));
  }
  await waitForViews(parts, topics, deadline);
  const log = Object.fromEntries(
    ends.map(({ kept, end }) => [
      kept.topic,
      Object.fromEntries([...end].map(([partition, next]) => [String(partition), next - 1n])),
    ]),
  );
  return { log, pending };
}

async function verifyConservation(
  parts: VerificationParts,
  topics: readonly KeptTopic[],
  { maxDifferences = 20, onProgress }: VerifyOptions,
) {
  const differences = new DifferenceTally(maxDifferences);
  const reports: TopicReport[] = [];
  const stale: StaleView[] = [];
  for (const [index, kept] of topics.entries()) {
    onProgress?.({ step: 'conservation', what: kept.topic, done: index, of: topics.length });
    const found = await verifyTopic(parts, kept, { maxDifferences });
    const { topic, offsets, rows, deadLetters, empty, events } = found;
    reports.push({
      topic,
      offsets,
      rows,
      deadLetters,
      empty,
      events,
      counts: found.differences.counts,
    });
    stale.push(...found.stale);
    differences.addAll(found.differences);
  }
  return { topics: reports, stale, differences };
}

async function verifyParity(
  parts: VerificationParts,
  {
    maxDifferences = 20,
    waitMs = 30_000,
    buckets: [first, last] = [0, BUCKETS - 1],
    views,
    onProgress,
  }: VerifyOptions,
  pending: Pending[],
) {
  const differences = new DifferenceTally(maxDifferences);
  const totals = new Map<string, ViewReport>();
  const of = last - first + 1;
  for (let from = first; from <= last; ) {
    onProgress?.({ step: 'parity', what: `bucket ${from}`, done: from - first, of });
    const found = await verifyBuckets(parts, from, last, {
      maxDifferences,
      waitMs,
      ...(views === undefined ? {} : { views }),
    });
    for (const each of found.views) {
      const sum = totals.get(each.view);
      totals.set(each.view, {
        view: each.view,
        entities: each.entities + (sum?.entities ?? 0),
        values: each.values + (sum?.values ?? 0),
        collected: each.collected + (sum?.collected ?? 0),
      });
    }
    differences.addAll(found.differences);
    pending.push(...found.pending);
    from = found.to + 1;
  }
  onProgress?.({ step: 'parity', what: 'all buckets', done: of, of });
  return { buckets: of, views: [...totals.values()], differences };
}

async function verifyAllRecords(
  parts: VerificationParts,
  { maxDifferences = 20, views: names, onProgress }: VerifyOptions,
) {
  const differences = new DifferenceTally(maxDifferences);
  const views = parts.catalog
    .views()
    .filter(({ definition }) => names === undefined || names.includes(definition.name));
  let rows = 0;
  for (const [index, view] of views.entries()) {
    onProgress?.({ step: 'records', what: view.definition.name, done: index, of: views.length });
    const found = await verifyRecords(parts, view, maxDifferences);
    rows += found.rows;
    differences.addAll(found.differences);
  }
  return { rows, differences };
}
