import { describe, expect, it } from 'vitest';
import type { DriftWindowClosed } from '@millrace/events';
import { covers, offsetList, offsetVector } from './offsets.ts';
import { monitorsOf } from './monitors-of.ts';
import { windowEvent } from './window-event.ts';
import { WindowHistory } from './window-history.ts';
import { windowResult } from './window-result.ts';

const [monitor] = monitorsOf({ views: ['v'], models: [] }, []);
const vector = { topic: { 1: 5n, 0: 7n } };

function closed(start: bigint, rows: bigint, previous?: DriftWindowClosed): DriftWindowClosed {
  if (monitor === undefined) throw new Error('no monitor');
  const histogram = { type: 'numeric', bins: ['1', 'Infinity'], counts: [rows, 0n, 0n] } as const;
  const counts = {
    window: { start, end: start + 10n },
    rows,
    reference: { start: 0n, end: 10n },
    referenceRows: 100n,
    features: [{ name: 'f', reference: { ...histogram, counts: [0n, 100n, 0n] }, current: histogram }],
  };
  return windowEvent(windowResult(monitor, counts), vector, previous);
}

describe('WindowHistory', () => {
  it('counts the first event of each revision, in order', () => {
    const history = new WindowHistory();
    const first = closed(0n, 10n);
    const second = closed(0n, 12n, first);
    expect(history.apply(first)).toBe(true);
    expect(history.apply({ ...first, rows: 99n })).toBe(false);
    expect(history.apply({ ...second, revision: 3 })).toBe(false);
    expect(history.apply(second)).toBe(true);
    expect(history.apply(second)).toBe(false);
    expect(history.newest('view-v', { start: 0n, end: 10n })).toBe(second);
    expect(history.first('view-v')).toBe(first);
  });

  it('lists windows by their end, whatever the order in which they were closed', () => {
    const history = new WindowHistory();
    for (const start of [20n, 0n, 10n]) history.apply(closed(start, 1n));
    history.apply(closed(10n, 2n, closed(10n, 1n)));
    expect(history.of('view-v').map(({ windowStart, revision }) => [windowStart, revision])).toEqual([
      [0n, 1],
      [10n, 1],
      [10n, 2],
      [20n, 1],
    ]);
    expect(history.newestOf('view-v').map(({ windowStart, revision }) => [windowStart, revision])).toEqual([
      [0n, 1],
      [10n, 2],
      [20n, 1],
    ]);
    expect(history.of('other')).toEqual([]);
  });
});

describe('windowEvent', () => {
  it('has an id that monitor, window and revision name', () => {
    const first = closed(0n, 10n);
    expect(closed(0n, 11n).envelope.eventId).toBe(first.envelope.eventId);
    expect(closed(0n, 10n, first).envelope.eventId).not.toBe(first.envelope.eventId);
    expect(closed(10n, 10n).envelope.eventId).not.toBe(first.envelope.eventId);
  });

  it('says what a restatement changed', () => {
    const first = closed(0n, 0n);
    const second = closed(0n, 50n, first);
    expect(first).toMatchObject({ revision: 1, reason: 'closed', change: null, driftedShare: 0 });
    expect(second).toMatchObject({
      revision: 2,
      reason: 'late-data',
      change: {
        previousResultHash: first.resultHash,
        previousRows: 0n,
        previousDriftedShare: 0,
        nowDrifted: ['f'],
        noLongerDrifted: [],
      },
    });
  });

  it('hashes what was measured: the same for the same counts, another for others', () => {
    expect(closed(0n, 10n).resultHash).toBe(closed(0n, 10n).resultHash);
    expect(closed(0n, 11n).resultHash).not.toBe(closed(0n, 10n).resultHash);
    expect(closed(0n, 10n).resultHash).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('offsets', () => {
  it('go from vector to list and back', () => {
    expect(offsetList(vector)).toEqual([
      { topic: 'topic', partition: 0, offset: 7n },
      { topic: 'topic', partition: 1, offset: 5n },
    ]);
    expect(offsetVector(offsetList(vector))).toEqual(vector);
  });

  it('cover what they know', () => {
    expect(covers(vector, offsetList(vector))).toBe(true);
    expect(covers({ topic: { 0: 7n, 1: 4n } }, offsetList(vector))).toBe(false);
    expect(covers({ topic: { 0: 9n } }, offsetList(vector))).toBe(false);
  });
});
