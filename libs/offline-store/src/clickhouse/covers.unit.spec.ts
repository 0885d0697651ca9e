import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Cover, coversOf, isCovered, type StoredRange } from './covers.ts';

/** Event times that are neither in the order of offsets nor there for each of them. */
const timeAt = (offset: number) => (offset % 5 === 4 ? null : BigInt((offset * 7) % 11) - 5n);

function range(first: number, last: number, at: number, partition = 0): StoredRange {
  const offsets = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const times = offsets.flatMap((offset) => timeAt(offset) ?? []).sort((a, b) => Number(a - b));
  return {
    topic: 'topic',
    generation: 1,
    epoch: 0,
    partition,
    firstOffset: BigInt(first),
    lastOffset: BigInt(last),
    rows: times.length,
    deadLetters: offsets.length - times.length,
    minEventTime: times.at(0) ?? null,
    maxEventTime: times.at(-1) ?? null,
    maxRecordedAt: BigInt(last),
    appliedAt: BigInt(at),
  };
}

test('ranges of a stretch become one, with their times and counts; what is alone stays', () => {
  const ranges = [
    range(0, 4, 1),
    range(5, 9, 2),
    range(6, 8, 9),
    range(0, 2, 4),
    range(12, 13, 3),
    range(0, 1, 4, 1),
  ];
  const { rows, deadLetters, minEventTime, maxEventTime } = range(0, 9, 0);
  expect(coversOf(ranges)).toEqual([
    { ...range(0, 9, 9), rows, deadLetters, minEventTime, maxEventTime, ranges: 4 },
  ]);
  expect(coversOf([...ranges, range(10, 11, 5)])).toMatchObject([
    { firstOffset: 0n, lastOffset: 13n, ranges: 6 },
  ]);
});

test.each([
  ['another partition', { partition: 1 }],
  ['another generation', { generation: 2 }],
  ['another epoch', { epoch: 1 }],
  ['another topic', { topic: 'other' }],
])('ranges of %s are never folded into one', (_what, other) => {
  expect(coversOf([range(0, 4, 1), { ...range(5, 9, 1), ...other }])).toEqual([]);
  expect(isCovered({ ...range(2, 3, 1), ...other }, range(0, 9, 1))).toBe(false);
});

/** What somebody who folds is about to do. */
interface Folder {
  covers: readonly Cover[];
  state: 'idle' | 'read' | 'written';
}
/** A deletion that the server was told of: it comes to each of the rows of then, or not yet. */
interface Deletion {
  readonly covers: readonly Cover[];
  readonly rows: ReadonlySet<StoredRange>;
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('append'), first: fc.nat(40), length: fc.nat(6) }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('fold'), folder: fc.nat(2), youngerThan: fc.nat(6) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash'), folder: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete'), which: fc.nat(9), of: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('merge') }) },
);

test('whatever is appended, folded, killed and deleted, in whatever order: the same offsets and times are known', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 50, size: 'max' }), (steps) => {
      let rows: StoredRange[] = [];
      const said = new Set<number>();
      const folders: Folder[] = Array.from({ length: 3 }, () => ({ covers: [], state: 'idle' }));
      const deletions: Deletion[] = [];
      for (const [now, each] of steps.entries()) {
        if ('length' in each) {
          rows.push(range(each.first, each.first + each.length, now));
          for (let offset = each.first; offset <= each.first + each.length; offset += 1) said.add(offset);
        } else if ('which' in each) {
          const deletion = deletions[each.which % Math.max(1, deletions.length)];
          // As parts are rewritten one after another.
          rows = rows.filter(
            (row, index) =>
              index % 4 === each.of ||
              deletion?.rows.has(row) !== true ||
              !deletion.covers.some((cover) => isCovered(row, cover)),
          );
        } else if ('folder' in each) {
          const folder = folders[each.folder] ?? { covers: [], state: 'idle' };
          if (each.kind === 'crash') folder.state = 'idle';
          else if (folder.state === 'idle' && 'youngerThan' in each) {
            const old = rows.filter(({ appliedAt }) => appliedAt <= BigInt(now - each.youngerThan));
            Object.assign(folder, { covers: coversOf(old), state: 'read' });
          } else if (folder.state === 'read') {
            rows.push(...folder.covers);
            folder.state = 'written';
          } else {
            deletions.push({ covers: folder.covers, rows: new Set(rows) });
            folder.state = 'idle';
          }
        } else {
          // Of two rows with the same key the later one is kept.
          rows = [...new Map(rows.map((row) => [`${row.firstOffset}-${row.lastOffset}`, row])).values()];
        }
        expect(known(rows)).toEqual(known([...said].map((offset) => range(offset, offset, now))));
      }
    }),
    { numRuns: 150, seed: 6 },
  );
});

/** What readers find out: the offsets, and the times of each stretch of them. */
function known(rows: readonly StoredRange[]) {
  const stretches: StoredRange[] = [];
  for (const row of rows.toSorted((a, b) => Number(a.firstOffset - b.firstOffset))) {
    const last = stretches.at(-1);
    if (last === undefined || row.firstOffset > last.lastOffset + 1n) stretches.push(row);
    else stretches.splice(-1, 1, union(last, row));
  }
  return stretches.map(({ firstOffset, lastOffset, minEventTime, maxEventTime, maxRecordedAt }) => {
    return { firstOffset, lastOffset, minEventTime, maxEventTime, maxRecordedAt };
  });
}

function union(a: StoredRange, b: StoredRange): StoredRange {
  const both = (x: bigint | null, y: bigint | null) => [x, y].filter((time) => time !== null);
  const least = (times: bigint[]) =>
    times.reduce<bigint | null>((t, x) => (t === null || x < t ? x : t), null);
  const most = (times: bigint[]) =>
    times.reduce<bigint | null>((t, x) => (t === null || x > t ? x : t), null);
  return {
    ...a,
    lastOffset: a.lastOffset > b.lastOffset ? a.lastOffset : b.lastOffset,
    minEventTime: least(both(a.minEventTime, b.minEventTime)),
    maxEventTime: most(both(a.maxEventTime, b.maxEventTime)),
    maxRecordedAt: most(both(a.maxRecordedAt, b.maxRecordedAt)),
  };
}
