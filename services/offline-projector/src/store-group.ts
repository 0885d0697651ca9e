import { createHash } from 'node:crypto';
import { retrying, type Timers } from '@millrace/kernel';
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
  /** Told of each failure that is tried again: rows wait meanwhile. */
  onTrouble(error: unknown): void;
}

/**
 * Inserts the rows of batches that are this consumer's, again after an error that may pass.
 *
 * @returns the batches whose rows are stored: those that were this consumer's when it succeeded.
 * @throws what cannot pass.
 */
export function insertRows(
  options: StoreGroupOptions,
  group: readonly PendingBatch[],
): Promise<readonly PendingBatch[]> {
  const insertCurrent = async () => {
    // A later owner may have stored more by now; rows are idempotent, but nothing is written that needs not be.
    const current = group.filter((pending) => standingOf(pending) === 'current');
    const batches = current.map(({ encoded }) => encoded);
    if (batches.length > 0) await insert(options, batches);
    return current;
  };
  return retrying(insertCurrent, { timers: options.timers, onRetry: options.onTrouble });
}

/**
 * Writes the dead letters of batches whose rows are stored, then says what is applied. It is true whoever has the
 * partitions meanwhile, so it is tried for as long as one of them may still be this consumer's.
 *
 * @throws what cannot pass.
 */
export function recordApplied(options: StoreGroupOptions, group: readonly PendingBatch[]): Promise<void> {
  const { store, deadLetters, metrics, generation, timers, onTrouble } = options;
  const batches = group.map(({ encoded }) => encoded);
  const record = async (triedBefore: number) => {
    if (triedBefore > 0 && group.every((pending) => standingOf(pending) === 'over')) return;
    const letters = batches.flatMap((encoded) => encoded.letters);
    if (letters.length > 0) await deadLetters.write(letters);
    await store.recordApplied(batches.map(({ range }) => ({ ...range, generation })));
    for (const { range } of batches) {
      metrics.rows.inc({ topic: range.topic }, range.rows);
      metrics.deadLetters.inc({ topic: range.topic }, range.deadLetters);
    }
  };
  return retrying(record, { timers, onRetry: onTrouble });
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

/**
 * Names what a group holds: the same records give the same token, other records another one. Of one length however many
 * batches came together: it travels in the request's URL, and a server refuses a long one each time that it is tried.
 */
function tokenOf(group: readonly EncodedBatch[]): string {
  const hash = createHash('sha256');
  for (const { range } of group) {
    hash.update(`${range.topic}/${range.epoch}/${range.partition}:${range.firstOffset}-${range.lastOffset},`);
  }
  return hash.digest('hex');
}
