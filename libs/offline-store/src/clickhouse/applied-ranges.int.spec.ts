import type { ClickHouseClient } from '@clickhouse/client';
import type { Running } from '@millrace/kernel';
import { uniqueName } from '@millrace/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OfflineStore } from '../port.ts';
import { openTestStore } from '../testing/test-store.ts';
import type { AppliedRange } from './applied-ranges.ts';

let running: Running<{ readonly client: ClickHouseClient; readonly store: OfflineStore }>;
beforeAll(async () => {
  running = await openTestStore();
});
afterAll(() => running.stop());

function range(topic: string, first: number, last: number, generation = 1): AppliedRange {
  return {
    topic,
    generation,
    epoch: 0,
    partition: 3,
    firstOffset: BigInt(first),
    lastOffset: BigInt(last),
    rows: last - first + 1,
    deadLetters: 0,
    minEventTime: -1n,
    maxEventTime: 1_700_000_000_123_456n,
    maxRecordedAt: 1_700_000_000_123_000n,
  };
}

test.each([
  ['nothing', [], 0],
  ['one range from the start', [[0, 9]], 10],
  [
    'ranges that follow each other',
    [
      [0, 9],
      [10, 10],
      [11, 30],
    ],
    31,
  ],
  [
    'a hole',
    [
      [0, 9],
      [11, 30],
    ],
    10,
  ],
  ['a hole at the start', [[1, 30]], 0],
  [
    'two owners who overlap',
    [
      [0, 9],
      [5, 20],
      [15, 17],
      [21, 22],
    ],
    23,
  ],
  [
    'a range inside another, then a hole',
    [
      [0, 20],
      [3, 5],
      [22, 40],
    ],
    21,
  ],
  [
    'one range twice',
    [
      [0, 9],
      [0, 9],
      [10, 12],
    ],
    13,
  ],
] as const)('%s is gone on from where it ends', async (_what, ranges, next) => {
  const { store } = running.value;
  const topic = uniqueName('topic');
  for (const [first, last] of ranges) await store.recordApplied([range(topic, first, last)]);
  expect(await store.resumeFrom(topic, 0, 3, 1)).toBe(BigInt(next));
  expect(await store.resumeFrom(topic, 1, 3, 1)).toBe(0n);
  expect(await store.resumeFrom(topic, 0, 4, 1)).toBe(0n);
});

test('any ranges end where the first offset is that none of them has', async () => {
  const { store } = running.value;
  const arbitrary = fc.array(fc.tuple(fc.nat(30), fc.nat(8)), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(arbitrary, async (pairs) => {
      const topic = uniqueName('topic');
      await store.recordApplied(pairs.map(([first, length]) => range(topic, first, first + length)));
      const covered = new Set(
        pairs.flatMap(([first, length]) => Array.from({ length: length + 1 }, (_, i) => first + i)),
      );
      let next = 0;
      while (covered.has(next)) next += 1;
      expect(await store.resumeFrom(topic, 0, 3, 1)).toBe(BigInt(next));
    }),
    { numRuns: 25, seed: 3 },
  );
});

test('event times of a range are kept to the microsecond, also before 1970', async () => {
  const { client, store } = running.value;
  const topic = uniqueName('topic');
  await store.recordApplied([range(topic, 0, 1)]);
  const answer = await client.query({
    query:
      'SELECT min_event_time, max_event_time, max_recorded_at FROM applied_ranges WHERE topic = {topic: String}',
    query_params: { topic },
    format: 'JSONEachRow',
  });
  expect(await answer.json()).toEqual([
    {
      min_event_time: '1969-12-31 23:59:59.999999',
      max_event_time: '2023-11-14 22:13:20.123456',
      max_recorded_at: '2023-11-14 22:13:20.123',
    },
  ]);
});

test('generations of one topic are stored each for itself, the same ranges included', async () => {
  const { client, store } = running.value;
  const topic = uniqueName('topic');
  await store.recordApplied([range(topic, 0, 9), range(topic, 0, 4, 2), range(topic, 0, 9, 3)]);
  await client.command({ query: 'OPTIMIZE TABLE applied_ranges FINAL' });
  for (const [generation, next] of [
    [1, 10n],
    [2, 5n],
    [3, 10n],
    [4, 0n],
  ] as const)
    expect(await store.resumeFrom(topic, 0, 3, generation)).toBe(next);
  expect(await store.applied([topic])).toEqual([{ topic, generation: 1, epoch: 0, partition: 3, next: 10n }]);
});
