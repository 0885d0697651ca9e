import type { OffsetVector } from '@millrace/events';
import { MillraceError } from '@millrace/kernel';
import { Command } from 'ioredis';
import { setTimeout as pause } from 'node:timers/promises';
import { bucketOf } from '../bucket.ts';
import { covers, lastOffsets } from '../offsets.ts';
import type { BucketContents, EntityRead, OnlineRow, OnlineStoreReader, StoredRow } from '../port.ts';
import { type Layout, parseEntity, parsePartitionField } from './layout.ts';
import { ReadBatch, type Rows } from './read-batch.ts';
import { guarded, type RedisClient, runScriptForBuffers } from './redis-client.ts';
import { PackedRow } from './row-layout.ts';
import { readBucketScript, readScript } from './scripts.ts';

/** From this many entities on, one script call is quicker than one HMGET for each. */
const SCRIPT_FROM = 4;
/** A script holds up the server while it runs. */
const ENTITIES_IN_SCRIPT = 256;
const POLL_MS = 2;

/** Reads the store in Redis. */
export class RedisReader implements OnlineStoreReader {
  readonly #client: RedisClient;
  readonly #layout: Layout;
  readonly #batch = new ReadBatch((reads) => this.#readSameViews(reads), ENTITIES_IN_SCRIPT);

  constructor(client: RedisClient, layout: Layout) {
    this.#client = client;
    this.#layout = layout;
  }

  async read(reads: readonly EntityRead[]): Promise<readonly Rows[]> {
    if (reads.length === 0) return [];
    return this.#batch.read(reads);
  }

  #readSameViews(reads: readonly EntityRead[]): Promise<readonly Rows[]> {
    return guarded('read rows', async () => {
      const views = reads[0]?.views ?? [];
      const keys = reads.map(({ entity, key }) => this.#layout.rowKey(bucketOf(key), entity, key));
      if (this.#client.isCluster || keys.length < SCRIPT_FROM) {
        const replies = await Promise.all(keys.map((key) => this.#hmget(key, views)));
        return replies.map((row) => row.map(storedRow));
      }
      const packed = buffer(await runScriptForBuffers(this.#client, readScript, keys, views));
      return unpackRows(packed, keys.length, views.length);
    });
  }

  /** Straight to the connection: the batch is one already, and a pipeline for it would cost more than the command. */
  async #hmget(key: Buffer, views: readonly string[]): Promise<readonly unknown[]> {
    const command = new Command('hmget', [key, ...views], { replyEncoding: null });
    return list(await this.#client.sendCommand(command));
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

function storedRow(reply: unknown): StoredRow | undefined {
  return Buffer.isBuffer(reply) && reply.length > 0 ? new PackedRow(reply) : undefined;
}

/** Takes apart what the read script returns; the rows stay in its bytes. */
function unpackRows(packed: Buffer, entities: number, views: number): readonly Rows[] {
  const all: Rows[] = [];
  let at = 0;
  for (let entity = 0; entity < entities; entity++) {
    const rows: (StoredRow | undefined)[] = [];
    for (let view = 0; view < views; view++) {
      const start = at + 4;
      at = start + packed.readUInt32BE(at);
      rows.push(at === start ? undefined : new PackedRow(packed, start, at));
    }
    all.push(rows);
  }
  return all;
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
