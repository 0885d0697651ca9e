import type { PartitionBatch } from '@millrace/event-log';
import { MillraceError, pause, systemTimers } from '@millrace/kernel';
import type { AppliedRange, RowBlock } from '@millrace/offline-store';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { EncodedBatch } from './encoded-batch.ts';
import { GroupCommit, type GroupCommitOptions } from './group-commit.ts';
import { offlineProjectorMetrics } from './metrics.ts';

const columns = ['a'];

interface Written {
  readonly blocks: RowBlock[];
  readonly ranges: AppliedRange[];
  readonly order: string[];
}

function given(insert: (block: RowBlock) => Promise<void> = async () => undefined) {
  const written: Written = { blocks: [], ranges: [], order: [] };
  const store: GroupCommitOptions['store'] = {
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
  const troubles: unknown[] = [];
  const options = {
    store,
    deadLetters,
    metrics,
    generation: 3,
    lingerMs: 0,
    timers: systemTimers,
    onTrouble: (error: unknown) => void troubles.push(error),
  };
  return { written, troubles, commit: new GroupCommit(options) };
}

function encoded(
  partition: number,
  options: Partial<{
    isCurrent: () => boolean;
    isOver: boolean;
    behind: boolean;
    month: number;
    letter: boolean;
  }> = {},
): EncodedBatch {
  const { isCurrent = () => true, isOver = true, behind = true, month = 0, letter = false } = options;
  const batch: PartitionBatch = {
    topic: 't',
    partition,
    records: [],
    bytes: 0,
    nextOffset: 10n,
    highWatermark: behind ? 20n : 10n,
    isCurrent,
    isOver: () => isOver,
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

test('partitions that come together, and those that come while an insert is under way, share an insert', async () => {
  const gate = Promise.withResolvers<void>();
  const { commit, written } = given(() => gate.promise);
  const first = [0, 1].map((partition) => commit.store(encoded(partition)));
  await pause(systemTimers, 5);
  const second = [2, 3, 4].map((partition) => commit.store(encoded(partition)));
  gate.resolve();
  await Promise.all([...first, ...second]);
  expect(written.blocks.map(({ rows, body }) => [rows, body.length])).toEqual([
    [20, 2],
    [30, 3],
  ]);
  expect(written.ranges.map(({ partition }) => partition)).toEqual([0, 1, 2, 3, 4]);
});

test('rows go into the table of the generation, and the range says which', async () => {
  const { commit, written } = given();
  await commit.store(encoded(0));
  expect(written.blocks.map(({ table }) => table)).toEqual(['x_g3']);
  expect(written.ranges).toMatchObject([{ generation: 3 }]);
});

test('rows and dead letters come before the range that covers them', async () => {
  const { commit, written } = given();
  await commit.store(encoded(0, { letter: true, behind: false }));
  expect(written.order).toEqual(['rows', 'letters', 'ranges']);
});

test('a batch whose membership is over is neither written nor said to be applied', async () => {
  const { commit, written } = given();
  await commit.store(encoded(0, { isCurrent: () => false }));
  expect(written.order).toEqual([]);
});

test('a batch that may be current again waits for it', async () => {
  let isCurrent = false;
  const { commit, written } = given();
  const stored = commit.store(encoded(0, { isCurrent: () => isCurrent, isOver: false }));
  await commit.store(encoded(1));
  expect(written.ranges.map(({ partition }) => partition)).toEqual([1]);
  isCurrent = true;
  await stored;
  expect(written.ranges.map(({ partition }) => partition)).toEqual([1, 0]);
});

test('what was not current when the rows went is not said to be applied, current again or not', async () => {
  let isCurrent = true;
  let lost = 0;
  const { commit, written } = given(async ({ rows }) => {
    // Lost between two attempts, and had again right after the rows of the other one are stored.
    if (rows === 20) {
      isCurrent = false;
      throw new MillraceError('STORE_UNAVAILABLE', 'away');
    }
    if (lost === 0) isCurrent = true;
    lost += 1;
  });
  await Promise.all([
    commit.store(encoded(0, { isCurrent: () => isCurrent, isOver: false })),
    commit.store(encoded(1)),
  ]);
  expect(written.blocks.map(({ body }) => Buffer.concat(body))).toEqual([Buffer.from([1]), Buffer.from([0])]);
  expect(written.ranges.map(({ partition }) => partition)).toEqual([1, 0]);
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

test('the same records with other rows have another token: a server that saw the first must take the second', async () => {
  const { commit, written } = given();
  await commit.store(encoded(0));
  const again = encoded(0);
  await commit.store({
    ...again,
    sections: again.sections.map((section) => ({ ...section, body: [Buffer.from([9])] })),
  });
  await commit.store(encoded(0));
  const [first, second, third] = written.blocks.map(({ token }) => token);
  expect(second).not.toBe(first);
  expect(third).toBe(first);
});

test('what fails for now is told, and tried again', async () => {
  let attempts = 0;
  const failure = new MillraceError('STORE_UNAVAILABLE', 'away');
  const { commit, written, troubles } = given(async () => {
    attempts += 1;
    if (attempts === 1) throw failure;
  });
  await commit.store(encoded(0));
  expect(written.order).toEqual(['rows', 'ranges']);
  expect(troubles).toEqual([failure]);
});

test('the token fits into a URL however many batches came together while the store was away', async () => {
  const { commit, written } = given();
  await Promise.all(Array.from({ length: 5_000 }, (_, partition) => commit.store(encoded(partition))));
  expect(Math.max(...written.blocks.map(({ rows }) => rows))).toBeGreaterThan(10_000);
  for (const { token } of written.blocks) expect(token.length).toBeLessThan(200);
});

test('what cannot pass fails every batch of the group, and nothing is said to be applied', async () => {
  const failure = new MillraceError('INTERNAL', 'no such table');
  const { commit, written } = given(() => Promise.reject(failure));
  const all = [0, 1].map((partition) => commit.store(encoded(partition, { behind: false })));
  for (const one of all) await expect(one).rejects.toBe(failure);
  expect(written.ranges).toEqual([]);
});
