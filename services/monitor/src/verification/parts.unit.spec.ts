import type { OffsetVector } from '@millrace/events';
import type { KeptTopic } from '@millrace/verification';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  atTheBeginning,
  bucketParts,
  inTurns,
  partsLeft,
  topicParts,
  type VerificationPart,
} from './parts.ts';

const kept = (topic: string): KeptTopic => ({
  topic,
  epoch: 0,
  view: topic,
  showsAll: true,
  featureView: null,
});

/** Stretches of ten offsets. */
const partsOf = (topic: string, next: number) =>
  topicParts(
    kept(topic),
    Array.from({ length: Math.ceil(next / 10) }, (_, i) => ({
      from: BigInt(i * 10),
      until: BigInt(i * 10 + 10),
    })),
  );

const names = (parts: readonly VerificationPart[]) =>
  parts.map((part) => (part.scope === 'parity' ? part.subject : `${part.subject}@${part.stretch.from}`));

it('takes turns between topics and buckets, so that both are through together', () => {
  const parts = inTurns([...partsOf('a', 20), ...partsOf('b', 0)], bucketParts(200));
  expect(names(parts)).toEqual([
    'buckets 0-199',
    'a@0',
    'buckets 200-399',
    'buckets 400-599',
    'a@10',
    'buckets 600-799',
    'buckets 800-999',
    'b@0',
    'buckets 1000-1023',
  ]);
  expect(parts.flatMap((part) => (part.scope === 'conservation' ? [part.isLast] : []))).toEqual([
    false,
    true,
    true,
  ]);
});

it('goes on where it was: every offset and bucket is looked at, and little of it twice', () => {
  const lengths = fc.array(fc.nat(60), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(
      lengths,
      fc.integer({ min: 1, max: 300 }),
      fc.nat(100),
      fc.nat(25),
      (ends, group, done, more) => {
        const before = inTurns(
          ends.flatMap((end, i) => partsOf(`t${i}`, end)),
          bucketParts(group),
        );
        const looked = before.slice(0, done % (before.length + 1));
        const offsets: Record<string, Record<string, bigint>> = {};
        let nextBucket = 0;
        for (const part of looked) {
          if (part.scope === 'parity') nextBucket = part.buckets[1] + 1;
          else {
            const end = BigInt(ends[Number(part.subject.slice(1))] ?? 0);
            const next = part.stretch.until < end ? part.stretch.until : end;
            if (next > 0n) offsets[part.subject] = { 0: next - 1n };
          }
        }
        // The log has grown meanwhile.
        const now = inTurns(
          ends.flatMap((end, i) => partsOf(`t${i}`, end + more)),
          bucketParts(group),
        );
        const left = partsLeft(now, { offsets: offsets satisfies OffsetVector, nextBucket });
        const all = new Set([...names(looked), ...names(left)]);
        expect(names(now).filter((name) => !all.has(name))).toEqual([]);
        const twice = names(left).filter((name) => names(looked).includes(name));
        // The last part of a topic that has grown, and topics without records.
        expect(twice.length).toBeLessThanOrEqual(ends.length);
      },
    ),
    { numRuns: 300, seed: 2 },
  );
  const parts = inTurns(partsOf('a', 30), bucketParts(512));
  expect(partsLeft(parts, atTheBeginning)).toEqual(parts);
  expect(names(partsLeft(parts, { offsets: { a: { 0: 19n, 1: 12n } }, nextBucket: 512 }))).toEqual([
    'buckets 512-1023',
    'a@20',
  ]);
});
