import { featureTopic, type OffsetVector } from '@millrace/events';
import { pause, type Timers } from '@millrace/kernel';
import { bucketOf } from '../bucket.ts';
import { parsePartitionField, parsePhysicalName } from '../generation-names.ts';
import { covers, lastOffsets } from '../offsets.ts';
import type { BucketContents, EntityRead, OnlineRow, OnlineStoreReader, StoredRow } from '../port.ts';
import type { GenerationMap } from './generation-map.ts';
import { type Layout, parseEntity } from './layout.ts';
import { type HoldingTimes, LiveGenerations } from './live-generations.ts';
import { ReadBatch, type Rows } from './read-batch.ts';
import { guarded, type RedisCommands, runScriptForBuffers, sendForBuffers } from './redis-client.ts';
import { buffer, list, pairs } from './replies.ts';
import { PackedRow } from './row-layout.ts';
import { readBucketScript, readScript } from './scripts/read.ts';

/** From this many entities on, one script call is quicker than one HMGET for each. */
const SCRIPT_FROM = 4;
/** A script holds up the server while it runs. */
const ENTITIES_IN_SCRIPT = 256;
const POLL_MS = 2;

/** The time that a reader goes by. */
export interface ReaderTime {
  readonly timers: Timers;
  /** A monotonic clock. */
  nowMs(): number;
  /** Runs something at the end of the turn. @default setImmediate */
  readonly soon?: (run: () => void) => void;
  /** For how long generations are held on to. @default up to 15 s */
  readonly holds?: HoldingTimes;
}

/** Reads the store in Redis. */
export class RedisReader implements OnlineStoreReader {
  readonly #client: RedisCommands;
  readonly #layout: Layout;
  readonly #time: ReaderTime;
  readonly #live: LiveGenerations;
  readonly #batch: ReadBatch;

  constructor(client: RedisCommands, layout: Layout, time: ReaderTime) {
    this.#client = client;
    this.#layout = layout;
    this.#time = time;
    this.#live = new LiveGenerations(client, layout, () => time.nowMs(), time.holds);
    this.#batch = new ReadBatch((reads) => this.#readSameViews(reads), ENTITIES_IN_SCRIPT, time.soon);
  }

  async read(reads: readonly EntityRead[]): Promise<readonly Rows[]> {
    if (reads.length === 0) return [];
    return this.#batch.read(reads);
  }

  #readSameViews(reads: readonly EntityRead[]): Promise<readonly Rows[]> {
    return guarded('read rows', () => {
      const views = reads[0]?.views ?? [];
      const keys = reads.map(({ entity, key }) =>
        this.#layout.rowKey(bucketOf(key, this.#layout.buckets), entity, key),
      );
      return this.#live.reading((map) =>
        this.#readFields(
          keys,
          views.map((view) => map.fieldOf(view)),
        ),
      );
    });
  }

  async #readFields(keys: readonly Buffer[], fields: readonly string[]): Promise<readonly Rows[]> {
    if (this.#client.isCluster || keys.length < SCRIPT_FROM) {
      // Straight to the connection: the batch is one already, and a pipeline for it would cost more than the command.
      const replies = await Promise.all(
        keys.map((key) => sendForBuffers(this.#client, 'hmget', [key, ...fields])),
      );
      return replies.map((row) => list(row).map(storedRow));
    }
    const packed = buffer(await runScriptForBuffers(this.#client, readScript, keys, fields));
    return unpackRows(packed, keys.length, fields.length);
  }

  applied(): Promise<OffsetVector> {
    return guarded('tell what is applied', () =>
      this.#live.reading(async (map) => {
        const fields = Object.entries(await this.#client.hgetall(this.#layout.applied));
        const all = fields.map(([field, next]) => ({ ...parsePartitionField(field), next: BigInt(next) }));
        return lastOffsets(all.filter(({ topic, generation }) => generation === map.live(topic)));
      }),
    );
  }

  async waitFor(minPositions: OffsetVector, timeoutMs: number): Promise<boolean> {
    const deadline = this.#time.nowMs() + timeoutMs;
    while (!covers(await this.applied(), minPositions)) {
      if (this.#time.nowMs() >= deadline) return false;
      await pause(this.#time.timers, POLL_MS);
    }
    return true;
  }

  readBucket(bucket: number): Promise<BucketContents> {
    return guarded(`read bucket ${bucket}`, () =>
      this.#live.reading(async (map) => {
        const keys = [this.#layout.positions(bucket), this.#layout.entities(bucket)];
        const [positions, ...entities] = list(
          await runScriptForBuffers(this.#client, readBucketScript, keys, [this.#layout.rowPrefix(bucket)]),
        );
        return {
          nextOffsets: livePositions(list(positions), map),
          rows: pairs(entities).flatMap(([suffix, fields]) => liveRows(buffer(suffix), list(fields), map)),
        };
      }),
    );
  }
}

function livePositions(fields: readonly unknown[], map: GenerationMap): ReadonlyMap<string, bigint> {
  const live = new Map<string, bigint>();
  for (const [field, next] of pairs(fields)) {
    const { topic, generation, partition } = parsePartitionField(buffer(field).toString());
    if (generation === map.live(topic)) live.set(`${topic}:${partition}`, BigInt(buffer(next).toString()));
  }
  return live;
}

function liveRows(suffix: Buffer, fields: readonly unknown[], map: GenerationMap): OnlineRow[] {
  const address = parseEntity(suffix);
  return pairs(fields).flatMap(([field, row]) => {
    const { name: view, generation } = parsePhysicalName(buffer(field).toString());
    if (generation !== map.live(featureTopic(view))) return [];
    const { eventTime, position, eventId, recordedAt, value } = new PackedRow(buffer(row));
    return [{ ...address, view, eventTime, position, eventId, recordedAt, value }];
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
