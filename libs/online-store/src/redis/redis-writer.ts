import { MillraceError } from '@millrace/kernel';
import { BUCKETS } from '../bucket.ts';
import type { BatchEnd, OnlineRow, OnlineStoreWriter, TopicPartition, WriteResult } from '../port.ts';
import { BucketPositions } from './bucket-positions.ts';
import { type Layout, partitionField } from './layout.ts';
import { type PackedWrite, packWrites } from './pack-writes.ts';
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
      const { leading, completing } = packWrites(
        rows,
        (bucket) => positions.at(bucket),
        !this.#client.isCluster,
      );
      const changed =
        (await this.#writeAll(leading, positions, end)) + (await this.#writeAll(completing, positions, end));
      for (const { buckets } of completing) {
        for (const bucket of buckets) positions.raise(bucket, Number(end.nextOffset));
      }
      await runScript(this.#client, raiseScript, [this.#layout.applied], [field, String(end.nextOffset)]);
      positions.batchWritten(Number(end.nextOffset));
      return { changed };
    });
  }

  async #writeAll(
    writes: readonly PackedWrite[],
    positions: BucketPositions,
    end: BatchEnd,
  ): Promise<number> {
    const args = [partitionField(end), String(end.nextOffset), this.#layout.name];
    const counts = await Promise.all(
      writes.map(async ({ buckets, packed }) => {
        const keys = [this.#layout.positions(buckets[0] ?? 0)];
        const won = await runScript(this.#client, writeScript, keys, [...args, packed]);
        if (typeof won !== 'number') throw new MillraceError('INTERNAL', 'the write script gave no count');
        if (won < 0) throw positions.lost(`bucket ${-1 - won}`);
        return won;
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
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
