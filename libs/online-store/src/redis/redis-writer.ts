import { MillraceError } from '@millrace/kernel';
import { BUCKETS } from '../bucket.ts';
import type { BatchEnd, OnlineRow, OnlineStoreWriter, TopicPartition, WriteResult } from '../port.ts';
import { BucketPositions } from './bucket-positions.ts';
import { type Layout, partitionField } from './layout.ts';
import { byBucket, packRows } from './pack-rows.ts';
import { guarded, type RedisClient, runScript } from './redis-client.ts';
import { checkpointScript, raiseScript, writeScript } from './scripts.ts';

interface Target {
  readonly positions: BucketPositions;
  readonly next: number;
}

/** Writes the store in Redis. One instance for each process; batches of several partitions may be under way. */
export class RedisWriter implements OnlineStoreWriter {
  readonly #client: RedisClient;
  readonly #layout: Layout;
  readonly #partitions = new Map<string, BucketPositions>();

  constructor(client: RedisClient, layout: Layout) {
    this.#client = client;
    this.#layout = layout;
  }

  resumeFrom(from: TopicPartition): Promise<bigint> {
    return guarded(`tell where ${from.topic}[${from.partition}] stands`, async () => {
      const field = partitionField(from);
      const stored = await Promise.all(
        Array.from({ length: BUCKETS }, (_, bucket) =>
          this.#client.hget(this.#layout.positions(bucket), field),
        ),
      );
      const positions = new BucketPositions(
        from,
        stored.map((offset) => Number(offset ?? 0)),
      );
      const lowest = String(positions.lowest());
      // Otherwise it stays: a checkpoint is a little behind what was applied, and readers wait for that.
      if (this.#partitions.get(field)?.isLost) await this.#client.hset(this.#layout.applied, field, lowest);
      this.#partitions.set(field, positions);
      return BigInt(lowest);
    });
  }

  write(rows: readonly OnlineRow[], end: BatchEnd): Promise<WriteResult> {
    return guarded(`write rows of ${end.topic}[${end.partition}]`, async () => {
      const field = partitionField(end);
      const positions = this.#partitions.get(field);
      if (positions === undefined) {
        throw new MillraceError('INTERNAL', `resumeFrom has to be asked before ${field} is written`);
      }
      if (positions.isLost) throw positions.lost('a bucket');
      const changed = await Promise.all(
        [...byBucket(rows)].map(([bucket, some]) => this.#writeBucket(bucket, some, positions, end)),
      );
      await runScript(this.#client, raiseScript, [this.#layout.applied], [field, String(end.nextOffset)]);
      positions.batchWritten(Number(end.nextOffset));
      return { changed: changed.reduce((sum, count) => sum + count, 0) };
    });
  }

  async #writeBucket(bucket: number, rows: readonly OnlineRow[], positions: BucketPositions, end: BatchEnd) {
    const pieces = packRows(rows);
    let changed = 0;
    for (const [index, piece] of pieces.entries()) {
      const before = positions.at(bucket);
      // Only the last piece makes the batch complete in this bucket.
      const after = index === pieces.length - 1 ? Number(end.nextOffset) : before;
      const won = await runScript(
        this.#client,
        writeScript,
        [this.#layout.positions(bucket), this.#layout.entities(bucket)],
        [
          partitionField(end),
          String(before),
          String(after),
          this.#layout.rowPrefix(bucket),
          this.#layout.tiesPrefix(bucket),
          piece,
        ],
      );
      if (typeof won !== 'number' || won < 0) throw positions.lost(`bucket ${bucket}`);
      positions.raise(bucket, after);
      changed += won;
    }
    return changed;
  }

  checkpoint(): Promise<void> {
    return guarded('take a checkpoint', async () => {
      const targets = [...this.#partitions.values()]
        .filter((positions) => !positions.isLost)
        .map((positions) => ({ positions, next: positions.written }));
      await this.#checkApplied(targets);
      await Promise.all(
        Array.from({ length: BUCKETS }, (_, bucket) => this.#checkpointBucket(bucket, targets)),
      );
    });
  }

  /** Notices a server that lost its last second, or everything, also while nothing is being written. */
  async #checkApplied(targets: readonly Target[]): Promise<void> {
    if (targets.length === 0) return;
    const fields = targets.map(({ positions }) => partitionField(positions.of));
    const applied = await this.#client.hmget(this.#layout.applied, ...fields);
    targets.forEach(({ positions, next }, index) => {
      if (Number(applied[index] ?? 0) < next) throw positions.lost('a server');
    });
  }

  async #checkpointBucket(bucket: number, targets: readonly Target[]): Promise<void> {
    const behind = targets.filter(({ positions, next }) => positions.at(bucket) < next);
    if (behind.length === 0) return;
    const args = behind.flatMap(({ positions, next }) => [
      partitionField(positions.of),
      String(positions.at(bucket)),
      String(next),
    ]);
    const outcome = await runScript(this.#client, checkpointScript, [this.#layout.positions(bucket)], args);
    const lost = typeof outcome === 'number' ? behind[outcome - 1] : behind[0];
    if (lost !== undefined) throw lost.positions.lost(`bucket ${bucket}`);
    for (const { positions, next } of behind) positions.raise(bucket, next);
  }
}
