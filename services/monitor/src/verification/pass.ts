import { namedEventId, type StoresVerified } from '@millrace/events';
import type { Micros } from '@millrace/kernel';
import { BUCKETS } from '@millrace/online-store';
import { offsetVector } from '../offsets.ts';
import { noCounts, type PartResult, sumOfParts } from './part-result.ts';
import {
  atTheBeginning,
  type PartScope,
  partsLeft,
  type PassCursor,
  type VerificationPart,
} from './parts.ts';

/** One look at everything that there is. */
export interface Pass {
  readonly runId: string;
  readonly startedAt: Micros;
  /** How many parts there are, those before a restart included. */
  readonly parts: number;
  /** Those that are left. */
  readonly left: readonly VerificationPart[];
  /** What was found so far. */
  readonly results: ReadonlyMap<PartScope, PartResult>;
}

/** What the events of the last pass tell, by scope. */
export type ToldPass = ReadonlyMap<PartScope, StoresVerified>;

/** Whether an event of a pass says that its scope was looked at as a whole. */
export function isWhole({ part, parts }: StoresVerified): boolean {
  return part >= parts;
}

/** When the pass that was told last was through; undefined while it is not. */
export function passedAt(told: ToldPass): Micros | undefined {
  const conservation = told.get('conservation');
  const parity = told.get('parity');
  if (conservation === undefined || parity === undefined) return undefined;
  if (!isWhole(conservation) || !isWhole(parity)) return undefined;
  return conservation.finishedAt > parity.finishedAt ? conservation.finishedAt : parity.finishedAt;
}

/** A pass over all parts. Passes are named by time: instances that run side by side give theirs the same names. */
export function newPass(
  stores: string,
  all: readonly VerificationPart[],
  startedAt: Micros,
  interval: Micros,
): Pass {
  // Not longer than a pass takes, and the same where the log has grown a little.
  const parts = 2 ** Math.floor(Math.log2(Math.max(1, all.length)));
  const slot = interval * BigInt(parts);
  const name = `${stores} ${slot} ${startedAt / (slot > 0n ? slot : 1n)}`;
  return {
    runId: namedEventId('stores-verified', name),
    startedAt,
    parts: all.length,
    left: all,
    results: new Map(),
  };
}

/** The pass that was told last, to be gone on with: what it has looked at is left out. */
export function resumedPass(told: ToldPass, all: readonly VerificationPart[]): Pass | undefined {
  const [event] = told.values();
  if (event === undefined || passedAt(told) !== undefined) return undefined;
  const left = partsLeft(all, cursorOf(told)).filter(({ scope }) => {
    const last = told.get(scope);
    return last === undefined || !isWhole(last);
  });
  return {
    runId: event.runId,
    startedAt: event.startedAt,
    parts: all.length,
    left,
    results: new Map([...told].map(([scope, last]) => [scope, resultOf(last)])),
  };
}

/** A pass after its next part was looked at. What a store had not reached is looked at again behind all others. */
export function afterPart(pass: Pass, part: VerificationPart, result: PartResult): Pass {
  const left = pass.left.slice(1);
  if (result.outcome === 'not-reached') return { ...pass, left: [...left, part] };
  const results = new Map(pass.results);
  results.set(part.scope, sumOfParts(results.get(part.scope), result));
  return { ...pass, left, results };
}

/** The bucket before which a pass has compared all. */
export function nextBucketOf({ left }: Pass): number {
  const first = left.flatMap((part) => (part.scope === 'parity' ? [part.buckets[0]] : []));
  return Math.min(BUCKETS, ...first);
}

function cursorOf(told: ToldPass): PassCursor {
  return {
    offsets: offsetVector(told.get('conservation')?.offsets ?? []),
    nextBucket: told.get('parity')?.nextBucket ?? atTheBeginning.nextBucket,
  };
}

/** The differences themselves stand in the events that told them at once. */
function resultOf({ offsets, checked, lost, doubled, differing, ok }: StoresVerified): PartResult {
  return {
    outcome: ok ? 'equal' : 'different',
    offsets,
    checked: Number(checked),
    counts: { ...noCounts, lost: Number(lost), doubled: Number(doubled), differing: Number(differing) },
    differences: [],
  };
}
