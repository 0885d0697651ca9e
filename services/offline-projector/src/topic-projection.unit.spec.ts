import type { PartitionBatch } from '@millrace/event-log';
import { MillraceError, systemTimers } from '@millrace/kernel';
import { expect, test } from 'vitest';
import { ByteBudget } from './byte-budget.ts';
import type { BatchEncoder, EncodedBatch } from './encoded-batch.ts';
import { TopicProjection } from './topic-projection.ts';

const generation = { topic: 't', number: 1 };

function batchOf(first: number, until: number, isCurrent = () => true): PartitionBatch {
  const records = Array.from({ length: until - first }, (_, index) => ({
    topic: 't',
    partition: 0,
    offset: BigInt(first + index),
    recordedAt: 0n,
    key: null,
    value: null,
  }));
  const bytes = 936 * records.length;
  const nextOffset = BigInt(until);
  return { topic: 't', partition: 0, records, bytes, highWatermark: 1_000n, nextOffset, isCurrent };
}

const encoder: BatchEncoder = {
  epoch: () => 0,
  encode: async (batch, firstOffset): Promise<EncodedBatch> => ({
    batch,
    sections: [],
    letters: [],
    range: {
      topic: 't',
      epoch: 0,
      partition: 0,
      firstOffset,
      lastOffset: batch.nextOffset - 1n,
      rows: batch.records.length,
      deadLetters: 0,
      minEventTime: null,
      maxEventTime: null,
      maxRecordedAt: null,
    },
  }),
};

/** A projection whose batches are stored when the test says so. */
function given(limit = 10_000) {
  const stored: { readonly encoded: EncodedBatch; done(): void; fail(error: unknown): void }[] = [];
  const failures: unknown[] = [];
  const budget = new ByteBudget(limit, systemTimers);
  const projection = new TopicProjection({
    generation,
    store: { resumeFrom: async () => 0n },
    encoder,
    commit: {
      store: (encoded) =>
        new Promise((done, fail) => {
          stored.push({ encoded, done, fail });
        }),
    },
    budgets: [budget],
    onFailure: (error) => void failures.push(error),
  });
  return { projection, stored, failures, budget };
}

test('batches are taken while others are being stored, until the bytes are used up', async () => {
  const { projection, stored, budget } = given();
  // With the store away nothing is ever done: what is taken stays within the budget.
  for (const first of [0, 3, 6]) await projection.apply(batchOf(first, first + 3));
  const next = projection.apply(batchOf(9, 12));
  await expect(Promise.race([next, Promise.resolve('waits')])).resolves.toBe('waits');
  expect(stored).toHaveLength(3);
  expect(budget.taken).toBe(9_000);
  stored[0]?.done();
  await next;
  expect(stored).toHaveLength(4);
  expect(stored.map(({ encoded }) => encoded.batch.records.length)).toEqual([0, 0, 0, 0]);
});

test('a batch that is lost while it waits for room gives way, so that the consumer can join again', async () => {
  const { projection } = given(1_000);
  await projection.apply(batchOf(0, 1));
  let isCurrent = true;
  const next = projection.apply(batchOf(1, 2, () => isCurrent));
  isCurrent = false;
  await expect(next).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});

test('offsets without records belong to the range of the next batch', async () => {
  const { projection, stored } = given();
  await projection.resumeFrom(0);
  await projection.apply(batchOf(0, 2));
  await projection.apply(batchOf(4, 5));
  expect(stored.map(({ encoded }) => [encoded.range.firstOffset, encoded.range.lastOffset])).toEqual([
    [0n, 1n],
    [2n, 4n],
  ]);
});

test('what cannot be stored is told once, and no batch is taken after it', async () => {
  const { projection, stored, failures } = given();
  const failure = new MillraceError('INTERNAL', 'no such table');
  await projection.apply(batchOf(0, 1));
  await projection.apply(batchOf(1, 2));
  for (const { fail } of stored) fail(failure);
  await projection.drained();
  await expect(projection.apply(batchOf(2, 3))).rejects.toBe(failure);
  expect(failures).toEqual([failure]);
});
