import { createHash } from 'node:crypto';
import { namedEventId, type StoreDifference, type StoresVerified } from '@millrace/events';
import type { Micros } from '@millrace/kernel';
import type { Difference } from '@millrace/verification';
import { producer } from '../producer.ts';
import type { PartResult } from './part-result.ts';
import type { PartScope } from './parts.ts';

/** What an event says of a part, or of all parts of a scope together. */
export interface Verified {
  /** Names the pass; the same in every instance that makes it. */
  readonly pass: string;
  readonly scope: PartScope;
  /** A topic, buckets, or `all`. */
  readonly subject: string;
  /** From 1. */
  readonly part: number;
  readonly parts: number;
  readonly startedAt: Micros;
  readonly finishedAt: Micros;
  readonly result: PartResult;
}

/**
 * The event of a part that found something, or of the end of a pass. Its id is named by pass, part and what was found:
 * several instances that find the same make one event.
 */
export function verifiedEvent(verified: Verified): StoresVerified {
  const { pass, scope, subject, part, parts, startedAt, finishedAt, result } = verified;
  const { counts, differences } = result;
  const runId = namedEventId('stores-verified', pass);
  return {
    envelope: {
      eventId: namedEventId('stores-verified', pass, scope, subject, digestOf(result)),
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
