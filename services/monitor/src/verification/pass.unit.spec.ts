import type { StoresVerified } from '@millrace/events';
import { newEventId } from '@millrace/events';
import { expect, it } from 'vitest';
import { producer } from '../producer.ts';
import { bucketParts, inTurns, topicParts } from './parts.ts';
import { afterPart, newPass, nextBucketOf, passedAt, resumedPass } from './pass.ts';
import { lastPassOf } from './told-pass.ts';

const kept = { topic: 'a', epoch: 0, view: 'a', showsAll: true, featureView: null };
const stretches = [0n, 10n, 20n].map((from) => ({ from, until: from + 10n }));
const all = inTurns(topicParts(kept, stretches), bucketParts(256));
const MINUTE = 60_000_000n;

function event(part: Partial<StoresVerified>): StoresVerified {
  return {
    envelope: { eventId: newEventId(), eventTime: 0n, producer, traceparent: null },
    runId: 'run',
    kind: 'conservation',
    subject: 'all',
    part: 4,
    parts: all.length,
    startedAt: 100n,
    finishedAt: 200n,
    offsets: [],
    checked: 20n,
    lost: 0n,
    doubled: 0n,
    differing: 0n,
    ok: true,
    differences: [],
    stores: 'mine',
    nextBucket: null,
    ...part,
  };
}

const offsets = [{ topic: 'a', partition: 0, offset: 19n }];

it('goes on behind what the newest events of its own stores tell', () => {
  const told = lastPassOf(
    [
      event({ part: 2, finishedAt: 150n }),
      event({ offsets, lost: 2n, ok: false }),
      event({ kind: 'parity', nextBucket: 512 }),
      event({ runId: 'older', startedAt: 50n, finishedAt: 900n, part: all.length }),
      event({ stores: 'others', startedAt: 300n }),
      event({ subject: 'a', startedAt: 400n }),
    ],
    'mine',
  );
  const pass = resumedPass(told, all);
  expect(pass).toMatchObject({ runId: 'run', startedAt: 100n, parts: all.length });
  expect(pass?.left).toEqual(inTurns(topicParts(kept, stretches), bucketParts(256)).filter(isLeft));
  expect(pass?.results.get('conservation')).toMatchObject({
    outcome: 'different',
    checked: 20,
    counts: { lost: 2 },
  });
});

function isLeft(part: (typeof all)[number]): boolean {
  return part.scope === 'parity' ? part.buckets[0] >= 512 : part.stretch.from === 20n;
}

it('leaves a scope out that was whole before the other one', () => {
  const told = lastPassOf(
    [event({ part: all.length }), event({ kind: 'parity', nextBucket: 768, finishedAt: 190n })],
    'mine',
  );
  expect(passedAt(told)).toBeUndefined();
  expect(resumedPass(told, all)?.left.map(({ subject }) => subject)).toEqual(['buckets 768-1023']);
});

it('begins anew behind a pass that is through, and where nothing was told', () => {
  const through = lastPassOf(
    [event({ part: all.length }), event({ part: all.length, kind: 'parity', finishedAt: 210n })],
    'mine',
  );
  expect(passedAt(through)).toBe(210n);
  expect(resumedPass(through, all)).toBeUndefined();
  expect(resumedPass(lastPassOf([], 'mine'), all)).toBeUndefined();
});

it('gives the passes of instances one name, and two passes of one instance two', () => {
  const first = newPass('mine', all, 1_000n * MINUTE, MINUTE);
  expect(newPass('mine', all.slice(1), 1_000n * MINUTE + 5n, MINUTE).runId).toBe(first.runId);
  expect(newPass('mine', all, (1_000n + BigInt(all.length)) * MINUTE, MINUTE).runId).not.toBe(first.runId);
  expect(newPass('others', all, 1_000n * MINUTE, MINUTE).runId).not.toBe(first.runId);
});

it('adds up what parts find', () => {
  const result = { outcome: 'equal', offsets, checked: 5, counts: counts(0), differences: [] } as const;
  let pass = newPass('mine', all, 0n, MINUTE);
  for (const [index, part] of all.entries()) {
    const found = index === 1 ? { ...result, outcome: 'different' as const, counts: counts(1) } : result;
    pass = afterPart(pass, part, found);
  }
  expect(pass.left).toEqual([]);
  expect(nextBucketOf(pass)).toBe(1024);
  expect(pass.results.get('parity')).toMatchObject({ outcome: 'equal', checked: 20, counts: counts(0) });
  expect(pass.results.get('conservation')).toMatchObject({
    outcome: 'different',
    checked: 15,
    counts: counts(1),
  });
});

it('looks again at what a store had not reached, before the pass is through', () => {
  const result = { outcome: 'not-reached', offsets, checked: 5, counts: counts(0), differences: [] } as const;
  const pass = newPass('mine', bucketParts(256), 0n, MINUTE);
  const [first, ...others] = pass.left;
  if (first === undefined) throw new Error('there are no parts');
  const after = afterPart(pass, first, result);
  expect(after.left).toEqual([...others, first]);
  expect(after.results.size).toBe(0);
  expect(nextBucketOf(after)).toBe(0);
});

function counts(lost: number) {
  return { lost, unknown: 0, doubled: 0, differing: 0 };
}
