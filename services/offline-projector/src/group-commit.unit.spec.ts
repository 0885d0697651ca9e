import type { PartitionBatch } from '@millrace/event-log';
import { MillraceError } from '@millrace/kernel';
import type { AppliedRange, OfflineStore, RowBlock } from '@millrace/offline-store';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { EncodedBatch } from './encoded-batch.ts';
import { GroupCommit } from './group-commit.ts';
import { offlineProjectorMetrics } from './metrics.ts';

const columns = ['a'];

interface Written {
  readonly blocks: RowBlock[];
  readonly ranges: AppliedRange[];
  readonly order: string[];
}

function given(insert: (block: RowBlock) => Promise<void> = async () => undefined) {
  const written: Written = { blocks: [], ranges: [], order: [] };
  const store: OfflineStore = {
    ensureView: async () => undefined,
    resumeFrom: async () => 0n,
    applied: async () => [],
    async insert(block) {
      await insert(block);
      written.order.push('rows');
      written.blocks.push(block);
    },
    async recordApplied(ranges) {
      written.order.push('ranges');
      written.ranges.push(...ranges);
    },
  };
  const deadLetters = { write: async () => void written.order.push('letters') };
  const metrics = offlineProjectorMetrics(new Registry());
  return { written, commit: new GroupCommit({ store, deadLetters, metrics, lingerMs: 0 }) };
}

function encoded(
  partition: number,
  options: Partial<{ isCurrent: boolean; behind: boolean; month: number; letter: boolean }> = {},
): EncodedBatch {
  const { isCurrent = true, behind = true, month = 0, letter = false } = options;
  const batch: PartitionBatch = {
    topic: 't',
    partition,
    records: [],
    nextOffset: 10n,
    highWatermark: behind ? 20n : 10n,
    isCurrent: () => isCurrent,
  };
  const record = { topic: 't', partition, offset: 1n, recordedAt: 0n, key: null, value: null };
  return {
    batch,
    sections: [{ table: 'x', columns, month, rows: 10, body: [Buffer.from([partition])] }],
    letters: letter ? [{ record, error: new MillraceError('EVENT_MALFORMED', 'no') }] : [],
    range: {
      topic: 't',
      epoch: 0,
      partition,
      firstOffset: 0n,
      lastOffset: 9n,
      rows: 10,
      deadLetters: 0,
      minEventTime: 0n,
      maxEventTime: 0n,
      maxRecordedAt: 0n,
    },
  };
}

test('partitions that come together while an insert is under way share the next one', async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { commit, written } = given(() => gate);
  const all = [0, 1, 2].map((partition) => commit.store(encoded(partition)));
  release();
  await Promise.all(all);
  expect(written.blocks.map(({ rows, body }) => [rows, body.length])).toEqual([
    [10, 1],
    [20, 2],
  ]);
  expect(written.ranges.map(({ partition }) => partition)).toEqual([0, 1, 2]);
});

test('rows and dead letters come before the range that covers them', async () => {
  const { commit, written } = given();
  await commit.store(encoded(0, { letter: true, behind: false }));
  expect(written.order).toEqual(['rows', 'letters', 'ranges']);
});

test('a batch of a partition that was lost is not written', async () => {
  const { commit, written } = given();
  await commit.store(encoded(0, { isCurrent: false }));
  expect(written.order).toEqual([]);
});

test('rows of two months are two blocks', async () => {
  const { commit, written } = given();
  await Promise.all([
    commit.store(encoded(0, { behind: false })),
    commit.store(encoded(1, { behind: false, month: 1 })),
  ]);
  expect(written.blocks).toHaveLength(2);
  expect(new Set(written.blocks.map(({ token }) => token)).size).toBe(2);
});

test('when the insert fails every batch of the group fails, and nothing is said to be applied', async () => {
  const failure = new MillraceError('STORE_UNAVAILABLE', 'away');
  const { commit, written } = given(() => Promise.reject(failure));
  const all = [0, 1].map((partition) => commit.store(encoded(partition, { behind: false })));
  for (const one of all) await expect(one).rejects.toBe(failure);
  expect(written.ranges).toEqual([]);
});
