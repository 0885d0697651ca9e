import { createHash } from 'node:crypto';
import type { DriftWindowClosed } from '@millrace/events';
import { canonicalJson } from '@millrace/feature-registry';
import { decideDrift, driftedShare, type FeatureHistograms, type Window } from '@millrace/statistics';
import type { Monitor } from './monitor.ts';

/** What a window came out as: a function of monitor, reference period, window and offset vector alone. */
export type WindowResult = Pick<
  DriftWindowClosed,
  | 'monitor'
  | 'subjectKind'
  | 'subject'
  | 'windowStart'
  | 'windowEnd'
  | 'referenceStart'
  | 'referenceEnd'
  | 'referenceRows'
  | 'rows'
  | 'features'
  | 'driftedShare'
  | 'resultHash'
>;

/** The counts of a window beside those of its reference. */
export interface WindowCounts {
  readonly window: Window;
  readonly rows: bigint;
  readonly reference: Window;
  readonly referenceRows: bigint;
  readonly features: readonly FeatureHistograms[];
}

/** Decides on the drift of every feature, and hashes what came out. */
export function windowResult(monitor: Monitor, counts: WindowCounts): WindowResult {
  const features = decideDrift(counts.features, monitor.thresholds);
  const result = {
    monitor: monitor.name,
    subjectKind: monitor.subjectKind,
    subject: monitor.subject,
    windowStart: counts.window.start,
    windowEnd: counts.window.end,
    referenceStart: counts.reference.start,
    referenceEnd: counts.reference.end,
    referenceRows: counts.referenceRows,
    rows: counts.rows,
    features,
    driftedShare: driftedShare(features),
  };
  return { ...result, resultHash: hashOf(result) };
}

function hashOf(result: Omit<WindowResult, 'resultHash'>): string {
  const plain: unknown = JSON.parse(
    JSON.stringify(result, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  );
  return createHash('sha256').update(canonicalJson(plain)).digest('hex');
}
