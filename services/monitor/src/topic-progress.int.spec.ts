import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Running } from '@millrace/kernel';
import { uniqueName } from '@millrace/testing';
import type { Queries } from './queries.ts';
import { openTestStore, type TestStore } from './testing/open-store.ts';
import {
  earliestAppliedSince,
  readProgress,
  type TopicProgress,
  unknownProgress,
  vectorOf,
} from './topic-progress.ts';

let running: Running<TestStore>;
let queries: Queries;
let store: TestStore['store'];

beforeAll(async () => {
  running = await openTestStore('progress');
  ({ queries, store } = running.value);
});
afterAll(() => running.stop());

const spans = (...next: readonly bigint[]) => ({
  spans: async () => next.map((end, partition) => ({ partition, first: 0n, next: end })),
});

const range = (
  topic: string,
  partition: number,
  firstOffset: bigint,
  lastOffset: bigint,
  minEventTime: bigint | null,
) => ({
  topic,
  generation: 1,
  epoch: 0,
  partition,
  firstOffset,
  lastOffset,
  rows: Number(lastOffset - firstOffset) + 1,
  deadLetters: 0,
  minEventTime,
  maxEventTime: minEventTime === null ? null : minEventTime + 5n,
  maxRecordedAt: 1_767_225_600_000_000n,
});

function progressOf({ partitions }: TopicProgress, partition: number) {
  return partitions.get(partition)?.progress;
}

describe('readProgress', () => {
  it('follows what is applied without a hole, times to the microsecond', async () => {
    const topic = uniqueName('topic');
    await store.recordApplied([
      range(topic, 0, 0n, 9n, -3n),
      range(topic, 0, 20n, 29n, 50n),
      range(topic, 1, 0n, 4n, null),
    ]);
    const first = await readProgress(queries, spans(40n, 5n, 0n), unknownProgress(topic, 0));
    expect(vectorOf(first)).toEqual({ [topic]: { 0: 9n, 1: 4n } });
    expect(progressOf(first, 0)).toMatchObject({ nextOffset: 10n, minEventTime: -3n, maxEventTime: 2n });
    expect(progressOf(first, 1)).toMatchObject({ nextOffset: 5n, maxEventTime: null });
    expect(first.partitions.get(2)).toMatchObject({ logEnd: 0n, progress: { nextOffset: 0n } });

    await store.recordApplied([range(topic, 0, 10n, 19n, 7n)]);
    const second = await readProgress(queries, spans(40n, 5n, 0n), first);
    expect(vectorOf(second)).toEqual({ [topic]: { 0: 29n, 1: 4n } });
    expect(progressOf(second, 0)).toMatchObject({ maxEventTime: 55n });
    expect(await earliestAppliedSince(queries, first)).toBe(7n);
    expect(await earliestAppliedSince(queries, second)).toBeNull();
    expect(await readProgress(queries, spans(40n, 5n, 0n), second)).toEqual(second);
  });

  it('goes on alike where ranges were folded into one meanwhile', async () => {
    const topic = uniqueName('topic');
    await store.recordApplied([
      range(topic, 0, 0n, 9n, 8n),
      range(topic, 0, 10n, 19n, 3n),
      range(topic, 0, 30n, 39n, 9n),
    ]);
    const before = await readProgress(queries, spans(60n), unknownProgress(topic, 0));
    await store.recordApplied([range(topic, 0, 20n, 24n, 5n)]);
    const unfolded = await readProgress(queries, spans(60n), before);
    // One in the place of the first three, and the two behind it.
    await running.value.clickhouse.command({
      query: `ALTER TABLE applied_ranges DELETE WHERE topic = '${topic}' AND last_offset < 25`,
      clickhouse_settings: { mutations_sync: '2' },
    });
    await store.recordApplied([{ ...range(topic, 0, 0n, 24n, 3n), maxEventTime: 13n }]);
    expect(await readProgress(queries, spans(60n), before)).toEqual(unfolded);
    expect(await readProgress(queries, spans(60n), unfolded)).toEqual(unfolded);
    const fresh = await readProgress(queries, spans(60n), unknownProgress(topic, 0));
    expect(fresh).toEqual(unfolded);
    // Who did not look for long takes all of the range for new.
    expect(await earliestAppliedSince(queries, before)).toBe(3n);
    expect(await earliestAppliedSince(queries, unfolded)).toBe(9n);
  });

  it('starts over when the store is being rebuilt', async () => {
    const topic = uniqueName('topic');
    await store.recordApplied([range(topic, 0, 0n, 9n, 1n)]);
    const before = await readProgress(queries, spans(20n), unknownProgress(topic, 0));
    await running.value.clickhouse.command({ query: 'TRUNCATE TABLE applied_ranges' });
    const empty = await readProgress(queries, spans(20n), before);
    expect(vectorOf(empty)).toEqual({ [topic]: {} });
    await store.recordApplied([range(topic, 0, 0n, 4n, 1n)]);
    expect(vectorOf(await readProgress(queries, spans(20n), before))).toEqual({ [topic]: { 0: 4n } });
  });

  it('leaves out ranges of another epoch or topic', async () => {
    const topic = uniqueName('topic');
    await store.recordApplied([range(topic, 0, 0n, 9n, 1n)]);
    expect(vectorOf(await readProgress(queries, spans(10n), unknownProgress(topic, 1)))).toEqual({
      [topic]: {},
    });
  });
});
