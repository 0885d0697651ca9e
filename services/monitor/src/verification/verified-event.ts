import { createHash } from 'node:crypto';
import { namedEventId, type StoreDifference, type StoresVerified } from '@millrace/events';
import type { Micros } from '@millrace/kernel';
import type { Difference } from '@millrace/verification';
import { producer } from '../producer.ts';
import type { PartResult } from './part-result.ts';
import type { PartScope } from './parts.ts';
import { WHOLE_PASS } from './told-pass.ts';

/** What an event says of a part, or of all parts of a scope together. */
export interface Verified {
  /** The pass; the same in every instance that makes it. */
  readonly runId: string;
  /** Names the stores. */
  readonly stores: string;
  readonly scope: PartScope;
  /** A topic, buckets, or `all` for the pass so far. */
  readonly subject: string;
  /** From 1; of the pass so far, how many parts were looked at. */
  readonly part: number;
  readonly parts: number;
  readonly startedAt: Micros;
  readonly finishedAt: Micros;
  readonly result: PartResult;
  /** The bucket before which the pass has compared all; null for a part, and for conservation. */
  readonly nextBucket: number | null;
}

/**
 * The event of a part that found something, or of a pass so far. Its id is named by pass, part and what was found:
 * several instances that find the same make one event.
 */
export function verifiedEvent(verified: Verified): StoresVerified {
  const { runId, stores, scope, subject, part, parts, startedAt, finishedAt, result, nextBucket } = verified;
  const { counts, differences } = result;
  const place = subject === WHOLE_PASS ? String(part) : subject;
  return {
    envelope: {
      eventId: namedEventId('stores-verified', runId, scope, place, digestOf(result)),
      eventTime: finishedAt,
      producer,
      traceparent: null,
    },
    runId,
    kind: scope,
    subject,
    part,
    parts,
    startedAt,
    finishedAt,
    offsets: result.offsets,
    checked: BigInt(result.checked),
    lost: BigInt(counts.lost),
    doubled: BigInt(counts.doubled + counts.unknown),
    differing: BigInt(counts.differing),
    ok: result.outcome !== 'different',
    differences: differences.map(eventDifference),
    stores,
    nextBucket,
  };
}

function eventDifference({ kind, subject, origin, entityKey, column, cause }: Difference): StoreDifference {
  return {
    kind,
    topic: origin?.topic ?? null,
    partition: origin?.partition ?? null,
    offset: origin?.offset ?? null,
    eventId: origin?.eventId ?? null,
    entityKey,
    feature: column,
    reason: `${subject}: ${cause}`,
  };
}

function digestOf({ counts, differences }: PartResult): string {
  const hash = createHash('sha256').update(JSON.stringify(counts));
  for (const { cause, entityKey } of differences) hash.update(JSON.stringify([cause, entityKey]));
  return hash.digest('hex');
}
