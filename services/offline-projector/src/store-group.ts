import { MillraceError, pause, type Timers } from '@millrace/kernel';
import { type OfflineStore, physicalTable } from '@millrace/offline-store';
import type { DeadLetters } from '@millrace/processing';
import type { EncodedBatch } from './encoded-batch.ts';
import type { OfflineProjectorMetrics } from './metrics.ts';
import { type PendingBatch, standingOf } from './pending-batch.ts';
import { blocksOf } from './row-sections.ts';

/** What storing batches needs. */
export interface StoreGroupOptions {
  readonly store: Pick<OfflineStore, 'insert' | 'recordApplied'>;
  readonly deadLetters: DeadLetters;
  readonly metrics: OfflineProjectorMetrics;
  /** The generation that the rows go into. */
  readonly generation: number;
  readonly timers: Timers;
}

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;

/**
 * Inserts the rows of batches that are this consumer's, again after an error that may pass.
 *
 * @returns the batches whose rows are stored: those that were this consumer's when it succeeded.
 * @throws what cannot pass.
 */
export async function insertRows(
  options: StoreGroupOptions,
  group: readonly PendingBatch[],
): Promise<readonly PendingBatch[]> {
  let current: readonly PendingBatch[] = [];
  await retrying(options.timers, async () => {
    // A later owner may have stored more by now; rows are idempotent, but nothing is written that needs not be.
    current = group.filter((pending) => standingOf(pending) === 'current');
    if (current.length > 0)
      await insert(
        options,
        current.map(({ encoded }) => encoded),
      );
    return true;
  });
  return current;
}

/**
 * Writes the dead letters of batches whose rows are stored, then says what is applied. It is true whoever has the
 * partitions meanwhile, so it is tried for as long as one of them may still be this consumer's.
 *
 * @throws what cannot pass.
 */
export function recordApplied(options: StoreGroupOptions, group: readonly PendingBatch[]): Promise<void> {
  const { store, deadLetters, metrics, generation, timers } = options;
  const batches = group.map(({ encoded }) => encoded);
  return retrying(timers, async (attempt) => {
    if (attempt > 0 && group.every((pending) => standingOf(pending) === 'over')) return;
    const letters = batches.flatMap((encoded) => encoded.letters);
    if (letters.length > 0) await deadLetters.write(letters);
    await store.recordApplied(batches.map(({ range }) => ({ ...range, generation })));
    for (const { range } of batches) {
      metrics.rows.inc({ topic: range.topic }, range.rows);
      metrics.deadLetters.inc({ topic: range.topic }, range.deadLetters);
    }
  });
}

async function insert(
  { store, metrics, generation }: StoreGroupOptions,
  group: readonly EncodedBatch[],
): Promise<void> {
  const sections = group.flatMap((encoded) => encoded.sections);
  for (const block of blocksOf(sections, tokenOf(group))) {
    const done = metrics.insertSeconds.startTimer();
    await store.insert({ ...block, table: physicalTable(block.table, generation) });
    done();
    metrics.insertRows.observe(block.rows);
  }
}

async function retrying(timers: Timers, work: (attempt: number) => Promise<unknown>): Promise<void> {
  let delay = FIRST_RETRY_MS;
  for (let attempt = 0; ; attempt += 1) {
    try {
      await work(attempt);
      return;
    } catch (error) {
      if (!(error instanceof MillraceError) || !error.retry) throw error;
      await pause(timers, delay);
      delay = Math.min(delay * 2, LONGEST_RETRY_MS);
    }
  }
}

/** Names what a group holds: the same records give the same token, other records another one. */
function tokenOf(group: readonly EncodedBatch[]): string {
  return group
    .map(
      ({ range }) =>
        `${range.topic}/${range.epoch}/${range.partition}:${range.firstOffset}-${range.lastOffset}`,
    )
    .join(',');
}
