import type { OffsetVector } from '@millrace/events';
import { MillraceError } from '@millrace/kernel';
import { setTimeout as pause } from 'node:timers/promises';
import { bucketOf } from '../bucket.ts';
import { covers, lastOffsets } from '../offsets.ts';
import type { BucketContents, EntityRead, OnlineRow, OnlineStoreReader, StoredRow } from '../port.ts';
import { type Layout, parseEntity, parsePartitionField } from './layout.ts';
import { guarded, type RedisClient, runScriptForBuffers } from './redis-client.ts';
import { PackedRow } from './row-layout.ts';
import { readBucketScript, readScript } from './scripts.ts';

/** From this many entities on, one script call is quicker than one HMGET for each. */
const SCRIPT_FROM = 4;
/** A script holds up the server while it runs. */
const ENTITIES_IN_SCRIPT = 256;
const POLL_MS = 2;

type Rows = readonly (StoredRow | undefined)[];

/** Reads the store in Redis. */
export class RedisReader implements OnlineStoreReader {
  readonly #client: RedisClient;
  readonly #layout: Layout;

  constructor(client: RedisClient, layout: Layout) {
    this.#client = client;
    this.#layout = layout;
  }

  read(reads: readonly EntityRead[]): Promise<readonly Rows[]> {
    return guarded('read rows', async () => {
      const groups = [...Map.groupBy(reads.keys(), (index) => reads[index]?.views.join(',') ?? '').values()];
      const rows: Rows[] = new Array(reads.length);
      await Promise.all(
        groups.flatMap((indexes) => {
          const group = indexes.flatMap((index) => reads[index] ?? []);
          return chunks(group.length).map(async ([from, to]) => {
            const some = await this.#readSameViews(group.slice(from, to));
            some.forEach((row, offset) => {
              const index = indexes[from + offset];
              if (index !== undefined) rows[index] = row;
            });
          });
        }),
      );
      return rows;
    });
  }

  async #readSameViews(reads: readonly EntityRead[]): Promise<readonly Rows[]> {
    const views = reads[0]?.views ?? [];
    const keys = reads.map(({ entity, key }) => this.#layout.rowKey(bucketOf(key), entity, key));
    if (this.#client.isCluster || keys.length < SCRIPT_FROM) {
      const replies = await Promise.all(keys.map((key) => this.#client.hmgetBuffer(key, ...views)));
      return replies.map((row) => row.map(storedRow));
    }
    const flat = list(await runScriptForBuffers(this.#client, readScript, keys, views));
    return keys.map((_, index) =>
      flat.slice(index * views.length, (index + 1) * views.length).map(storedRow),
    );
  }

  applied(): Promise<OffsetVector> {
    return guarded('tell what is applied', async () => {
      const fields = await this.#client.hgetall(this.#layout.applied);
      return lastOffsets(
        Object.entries(fields).map(([field, next]) => [parsePartitionField(field), BigInt(next)] as const),
      );
    });
  }

  async waitFor(minPositions: OffsetVector, timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (!covers(await this.applied(), minPositions)) {
      if (performance.now() >= deadline) return false;
      await pause(POLL_MS);
    }
    return true;
  }

  readBucket(bucket: number): Promise<BucketContents> {
    return guarded(`read bucket ${bucket}`, async () => {
      const keys = [this.#layout.positions(bucket), this.#layout.entities(bucket)];
      const [positions, ...entities] = list(
        await runScriptForBuffers(this.#client, readBucketScript, keys, [this.#layout.rowPrefix(bucket)]),
      );
      return {
        nextOffsets: new Map(
          pairs(list(positions)).map(
            ([field, next]) => [buffer(field).toString(), BigInt(buffer(next).toString())] as const,
          ),
        ),
        rows: pairs(entities).flatMap(([suffix, fields]) => rowsOfEntity(buffer(suffix), list(fields))),
      };
    });
  }
}

function rowsOfEntity(suffix: Buffer, fields: readonly unknown[]): OnlineRow[] {
  const address = parseEntity(suffix);
  return pairs(fields).map(([view, row]) => {
    const { eventTime, position, eventId, value } = new PackedRow(buffer(row));
    return { ...address, view: buffer(view).toString(), eventTime, position, eventId, value };
  });
}

function chunks(length: number): readonly (readonly [from: number, to: number])[] {
  return Array.from({ length: Math.ceil(length / ENTITIES_IN_SCRIPT) }, (_, index) => [
    index * ENTITIES_IN_SCRIPT,
    Math.min(length, (index + 1) * ENTITIES_IN_SCRIPT),
  ]);
}

function storedRow(reply: unknown): StoredRow | undefined {
  return Buffer.isBuffer(reply) && reply.length > 0 ? new PackedRow(reply) : undefined;
}

function list(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : unexpected(reply);
}

function buffer(reply: unknown): Buffer {
  return Buffer.isBuffer(reply) ? reply : unexpected(reply);
}

function unexpected(reply: unknown): never {
  throw new MillraceError(
    'INTERNAL',
    `Redis answered with ${typeof reply} where the script returns another type`,
  );
}

function pairs(flat: readonly unknown[]): readonly (readonly [unknown, unknown])[] {
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index], flat[2 * index + 1]]);
}
