import type { ClickHouseClient } from '@clickhouse/client';
import type { Running } from '@millrace/kernel';
import { uniqueName } from '@millrace/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openOfflineStore, type ClickHouseOfflineStore } from '../store.ts';
import { openTestStore, testDeployment } from '../testing/test-store.ts';
import { type AppliedRange, appliedIn, recordApplied } from './applied-ranges.ts';
import type { Cover } from './covers.ts';
import { deleteCovered, foldRanges, ongoing, readCovers, writeCovers } from './fold-ranges.ts';

let running: Running<{ readonly client: ClickHouseClient; readonly store: ClickHouseOfflineStore }>;
let client: ClickHouseClient;
let store: ClickHouseOfflineStore;
beforeAll(async () => {
  running = await openTestStore();
  ({ client, store } = running.value);
});
afterAll(() => running.stop());

function range(topic: string, first: number, last: number, partition = 0, generation = 1): AppliedRange {
  return {
    topic,
    generation,
    epoch: 0,
    partition,
    firstOffset: BigInt(first),
    lastOffset: BigInt(last),
    rows: last - first,
    deadLetters: 1,
    minEventTime: -1n - BigInt(first),
    maxEventTime: 1_700_000_000_123_456n + BigInt(last),
    maxRecordedAt: 1_700_000_000_123_000n + BigInt(last) * 1000n,
  };
}

const rowSchema = z.array(
  z.object({
    partition: z.number(),
    first: z.coerce.number(),
    last: z.coerce.number(),
    rows: z.coerce.number(),
    letters: z.coerce.number(),
    times: z.array(z.coerce.bigint()),
  }),
);

async function rowsOf(topic: string, generation = 1) {
  const answer = await client.query({
    query: `SELECT partition, first_offset AS first, last_offset AS last, rows, dead_letters AS letters,
              [toUnixTimestamp64Micro(assumeNotNull(min_event_time)), toUnixTimestamp64Micro(assumeNotNull(max_event_time)),
               toUnixTimestamp64Milli(assumeNotNull(max_recorded_at)) * 1000] AS times
            FROM applied_ranges FINAL WHERE topic = {topic: String} AND rebuilt = ${generation - 1}
            ORDER BY partition, first, last`,
    query_params: { topic },
    format: 'JSONEachRow',
  });
  return rowSchema.parse(await answer.json());
}

const now = { olderThan: 0, least: 2 };

test('many ranges become one for each stretch, generation and partition, and say the same', async () => {
  const topic = uniqueName('topic');
  const many = Array.from({ length: 50 }, (_, i) => range(topic, i * 10, i * 10 + 9));
  await store.recordApplied([
    ...many,
    range(topic, 100, 119),
    ...many.slice(0, 5).map((each) => ({ ...each, generation: 2 })),
    range(topic, 0, 9, 1),
    range(topic, 20, 29, 1),
    range(topic, 30, 39, 1),
  ]);
  const generations = [1, 2].map((number) => ({ topic, number }));
  const before = await appliedIn(client, generations);
  await foldRanges(client, now, true);
  const times = (first: number, last: number) => {
    const { minEventTime, maxEventTime, maxRecordedAt } = range(topic, first, last);
    return [minEventTime, maxEventTime, maxRecordedAt];
  };
  expect(await rowsOf(topic)).toEqual([
    // Where two owners were there at once, what both counted is counted twice, unless it lies inside the other's.
    { partition: 0, first: 0, last: 499, rows: 451, letters: 49, times: [-491n, ...times(0, 499).slice(1)] },
    { partition: 1, first: 0, last: 9, rows: 9, letters: 1, times: times(0, 9) },
    { partition: 1, first: 20, last: 39, rows: 18, letters: 2, times: [-31n, ...times(20, 39).slice(1)] },
  ]);
  expect(await rowsOf(topic, 2)).toMatchObject([{ first: 0, last: 49, letters: 5 }]);
  expect(await appliedIn(client, generations)).toEqual(before);
  expect(await foldRanges(client, now, true)).toBe(0);
});

test('what was stored in the last minutes, and what is little, stays as it is', async () => {
  const topic = uniqueName('topic');
  await store.recordApplied(Array.from({ length: 150 }, (_, i) => range(topic, i, i)));
  expect(await foldRanges(client, ongoing, true)).toBe(0);
  expect(await foldRanges(client, { ...ongoing, olderThan: 0, least: 151 }, true)).toBe(0);
  expect(await rowsOf(topic)).toHaveLength(150);
});

test('records that go on coming in fold what is old, and a store that grew for long is folded as it is opened', async () => {
  const topic = uniqueName('topic');
  const insertOld = (from: number, until: number) =>
    client.command({
      query: `INSERT INTO applied_ranges (topic, partition, first_offset, last_offset, applied_at)
              SELECT '${topic}', 0, number, number, now64(3) - toIntervalHour(1) FROM numbers(${from}, ${until - from})`,
    });
  await insertOld(0, 3_000);
  await client.command({
    query: 'DELETE FROM migrations WHERE number = 6',
    clickhouse_settings: { mutations_sync: '2', lightweight_deletes_sync: '2' },
  });
  const other = await openOfflineStore(client, testDeployment());
  expect(await rowsOf(topic)).toMatchObject([{ first: 0, last: 2_999 }]);

  await insertOld(3_000, 5_000);
  await other.recordApplied([range(topic, 5_000, 5_009)]);
  await expect.poll(() => rowsOf(topic), { timeout: 30_000 }).toHaveLength(2);
  expect(await rowsOf(topic)).toMatchObject([
    { first: 0, last: 4_999 },
    { first: 5_000, last: 5_009 },
  ]);
  expect(await other.resumeFrom(topic, 0, 0, 1)).toBe(5_010n);
});

test('two who fold, killed between any steps, never change what is stored', async () => {
  const step = fc.oneof(
    { weight: 2, arbitrary: fc.record({ first: fc.nat(20), length: fc.nat(5) }) },
    { weight: 3, arbitrary: fc.record({ folder: fc.nat(1), dies: fc.constantFrom(false, false, true) }) },
  );
  const history = fc.array(step, { minLength: 16, maxLength: 16 });
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const topic = uniqueName('topic');
      const covered = new Set<number>();
      const folders: { covers?: readonly Cover[]; areWritten?: boolean }[] = [{}, {}];
      for (const each of steps) {
        if ('first' in each) {
          const last = each.first + each.length;
          await recordApplied(client, [range(topic, each.first, last)]);
          for (let offset = each.first; offset <= last; offset += 1) covered.add(offset);
          continue;
        }
        const { covers, areWritten } = folders[each.folder] ?? {};
        if (covers === undefined || covers.length === 0)
          folders[each.folder] = { covers: await readCovers(client, now) };
        else if (areWritten !== true) {
          await writeCovers(client, covers);
          folders[each.folder] = { covers, areWritten: true };
        } else {
          await deleteCovered(client, covers);
          folders[each.folder] = {};
        }
        if (each.dies) folders[each.folder] = {};
        let next = 0n;
        while (covered.has(Number(next))) next += 1n;
        expect(await store.resumeFrom(topic, 0, 0, 1)).toBe(next);
      }
      await foldRanges(client, now, true);
      const offsets = (await rowsOf(topic)).flatMap(({ first, last }) =>
        Array.from({ length: last - first + 1 }, (_, i) => first + i),
      );
      expect(offsets).toEqual([...covered].sort((a, b) => a - b));
    }),
    { numRuns: 3, seed: 8 },
  );
});
