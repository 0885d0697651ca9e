import { MillraceError } from '@millrace/kernel';
import type { GenerationId } from '@millrace/processing';
import { partitionField } from '../generation-names.ts';
import type { BatchEnd, OnlineRow, OnlineStoreWriter, TopicPartition, WriteResult } from '../port.ts';
import { BucketPositions } from './bucket-positions.ts';
import { takeCheckpoint } from './checkpoint.ts';
import type { Layout } from './layout.ts';
import { type PackedWrite, packWrites } from './pack-writes.ts';
import { guarded, type RedisCommands, runScript } from './redis-client.ts';
import { list, number } from './replies.ts';
import { positionsScript, raiseScript } from './scripts/positions.ts';
import { writeScript } from './scripts/write.ts';

/** Buckets whose positions one script reads. */
const BUCKETS_IN_SCRIPT = 512;

/** Writes the store in Redis. One instance for each process; batches of several partitions may be under way. */
export class RedisWriter implements OnlineStoreWriter {
  readonly #client: RedisCommands;
  readonly #layout: Layout;
  readonly #partitions = new Map<string, BucketPositions>();

  constructor(client: RedisCommands, layout: Layout) {
    this.#client = client;
    this.#layout = layout;
  }

  resumeFrom(from: TopicPartition): Promise<bigint> {
    return guarded(`tell where ${from.topic}[${from.partition}] stands`, async () => {
      const field = partitionField(from);
      const applied = Number((await this.#client.hget(this.#layout.applied, field)) ?? 0);
      const stored = await this.#positions(field);
      const lowest = stored.reduce((least, offset) => Math.min(least, offset));
      // Otherwise it stays: a checkpoint is a little behind what was applied, and readers wait for that.
      const isLost = (this.#partitions.get(field)?.isLost ?? false) || (await this.#lostNode(field, lowest));
      if (isLost) await this.#client.hset(this.#layout.applied, field, String(lowest));
      this.#partitions.set(field, new BucketPositions(from, stored, isLost ? lowest : applied));
      return BigInt(lowest);
    });
  }

  /** Whether a node of a cluster has less than a checkpoint saw; one server loses what is applied as well. */
  async #lostNode(field: string, lowest: number): Promise<boolean> {
    if (!this.#client.isCluster) return false;
    return lowest < Number((await this.#client.hget(this.#layout.checkpointed, field)) ?? 0);
  }

  async #positions(field: string): Promise<readonly number[]> {
    const { buckets } = this.#layout;
    const keys = Array.from({ length: buckets }, (_, bucket) => this.#layout.positions(bucket));
    const step = this.#client.isCluster ? 1 : BUCKETS_IN_SCRIPT;
    const replies = await Promise.all(
      Array.from({ length: Math.ceil(buckets / step) }, (_, index) =>
        runScript(this.#client, positionsScript, keys.slice(index * step, (index + 1) * step), [field]),
      ),
    );
    return replies.flatMap((reply) => list(reply).map(Number));
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
        end.generation,
        (bucket) => positions.at(bucket),
        !this.#client.isCluster,
        this.#layout.buckets,
      );
      const changed =
        (await this.#writeAll(leading, positions, end)) + (await this.#writeAll(completing, positions, end));
      const written = completing.flatMap(({ buckets }) => buckets);
      for (const bucket of written) positions.raise(bucket, Number(end.nextOffset));
      await this.#raiseApplied(positions, end, written);
      positions.batchWritten(Number(end.nextOffset));
      return { changed };
    });
  }

  async #writeAll(
    writes: readonly PackedWrite[],
    positions: BucketPositions,
    end: BatchEnd,
  ): Promise<number> {
    const args = [partitionField(end), String(end.nextOffset), this.#layout.prefix];
    const counts = await Promise.all(
      writes.map(async ({ buckets, packed }) => {
        const keys = [this.#layout.positions(buckets[0] ?? 0)];
        const won = number(await runScript(this.#client, writeScript, keys, [...args, packed]));
        if (won < 0) throw positions.lost(`bucket ${-1 - won}`);
        return won;
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async #raiseApplied(positions: BucketPositions, end: BatchEnd, written: readonly number[]): Promise<void> {
    const args = [partitionField(end), String(positions.applied), String(end.nextOffset)];
    const checked = this.#client.isCluster ? [] : written.map((bucket) => this.#layout.positions(bucket));
    const behind = await runScript(this.#client, raiseScript, [this.#layout.applied, ...checked], args);
    if (behind !== 0) throw positions.lost('a server');
  }

  checkpoint(): Promise<void> {
    const current = [...this.#partitions.values()].filter((positions) => !positions.isLost);
    return guarded('take a checkpoint', () => takeCheckpoint(this.#client, this.#layout, current));
  }

  release({ topic, number: generation }: GenerationId): void {
    for (const [field, { of, isLost }] of this.#partitions) {
      // A loss is remembered: the next resume lowers what is applied.
      if (of.topic === topic && of.generation === generation && !isLost) this.#partitions.delete(field);
    }
  }
}
