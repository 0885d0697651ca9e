import { setTimeout as pause } from 'node:timers/promises';
import type { OffsetVector } from '@millrace/events';
import { unpackPosition } from '@millrace/events';
import type { RegisteredView } from '@millrace/feature-registry';
import type { BucketContents, OnlineRow, OnlineStoreReader } from '@millrace/online-store';

/** A row of the online store and the bucket that it was found in. */
export interface FoundRow {
  readonly bucket: number;
  readonly row: OnlineRow;
}

interface BucketRead {
  readonly next: ReadonlyMap<string, bigint>;
  readonly rows: readonly OnlineRow[];
}

/** Some buckets of the online store that lie side by side, each read at one instant. */
export class BucketChunk {
  readonly from: number;
  readonly to: number;
  readonly rows: readonly FoundRow[];
  readonly #next: readonly ReadonlyMap<string, bigint>[];

  constructor(from: number, buckets: readonly BucketRead[]) {
    this.from = from;
    this.to = from + buckets.length - 1;
    this.#next = buckets.map(({ next }) => next);
    this.rows = buckets.flatMap(({ rows }, index) => rows.map((row) => ({ bucket: from + index, row })));
  }

  /** The offset before which a bucket has every record of a partition. */
  next(bucket: number, topic: string, partition: number): bigint {
    return this.#next[bucket - this.from]?.get(`${topic}:${partition}`) ?? 0n;
  }

  /** One more than the highest partition of a topic that any bucket knows records of. */
  partitionsOf(topic: string): number {
    let count = 0;
    for (const next of this.#next) {
      for (const field of next.keys()) {
        const at = field.lastIndexOf(':');
        if (field.slice(0, at) === topic) count = Math.max(count, Number(field.slice(at + 1)) + 1);
      }
    }
    return count;
  }

  /** For each partition of a topic, the offset before which some bucket has every record. */
  furthest(topic: string): ReadonlyMap<number, bigint> {
    const furthest = new Map<number, bigint>();
    for (let partition = 0; partition < this.partitionsOf(topic); partition += 1) {
      let most = 0n;
      for (let bucket = this.from; bucket <= this.to; bucket += 1) {
        const next = this.next(bucket, topic, partition);
        if (next > most) most = next;
      }
      if (most > 0n) furthest.set(partition, most);
    }
    return furthest;
  }

  /** Whether a row comes from behind what its bucket knows: a batch is being written just now. */
  isAhead({ bucket, row }: FoundRow, view: RegisteredView): boolean {
    const { epoch, partition, offset } = unpackPosition(row.position);
    return epoch === view.epoch && offset >= this.next(bucket, view.topic, partition);
  }
}

/** How much of the online store one chunk holds. */
export interface ChunkLimits {
  /** @default 200,000 */
  readonly rows?: number;
  /** Of all values together. @default 64 MiB */
  readonly bytes?: number;
}

const SETTLE_TRIES = 25;
const SETTLE_PAUSE_MS = 100;

/**
 * Reads buckets from a number on, as many as the limits allow. What a bucket knows is its own position or what the
 * store promises of all buckets, whichever is further: a bucket that was lost has no position left.
 *
 * A bucket whose batch is being written is read again a little later.
 */
export async function readChunk(
  store: Pick<OnlineStoreReader, 'applied' | 'readBucket'>,
  views: ReadonlyMap<string, RegisteredView>,
  from: number,
  last: number,
  { rows: mostRows = 200_000, bytes: mostBytes = 64 * 1024 * 1024 }: ChunkLimits = {},
): Promise<BucketChunk> {
  const buckets: BucketRead[] = [];
  let rows = 0;
  let bytes = 0;
  while (from + buckets.length <= last && rows < mostRows && bytes < mostBytes) {
    const first = from + buckets.length;
    const fits = Math.floor(((mostRows - rows) * buckets.length) / Math.max(rows, 1));
    const count = Math.min(Math.max(fits, 1), AT_ONCE, last - first + 1);
    const read = await Promise.all(
      Array.from({ length: count }, (_, index) => readSettled(store, views, first + index)),
    );
    for (const bucket of read) {
      rows += bucket.rows.length;
      for (const { value } of bucket.rows) bytes += value?.length ?? 0;
    }
    buckets.push(...read);
  }
  return new BucketChunk(from, buckets);
}

/** Buckets that are read side by side. */
const AT_ONCE = 32;

async function readSettled(
  store: Pick<OnlineStoreReader, 'applied' | 'readBucket'>,
  views: ReadonlyMap<string, RegisteredView>,
  bucket: number,
): Promise<BucketRead> {
  for (let tries = 1; ; tries += 1) {
    const applied = await store.applied();
    const contents = await store.readBucket(bucket);
    const read = { next: knownOf(contents, applied), rows: contents.rows };
    const chunk = new BucketChunk(bucket, [read]);
    const isSettled = chunk.rows.every((found) => {
      const view = views.get(found.row.view);
      return view === undefined || !chunk.isAhead(found, view);
    });
    if (isSettled || tries === SETTLE_TRIES) return read;
    await pause(SETTLE_PAUSE_MS);
  }
}

function knownOf({ nextOffsets }: BucketContents, applied: OffsetVector): ReadonlyMap<string, bigint> {
  const next = new Map(nextOffsets);
  for (const [topic, partitions] of Object.entries(applied)) {
    for (const [partition, offset] of Object.entries(partitions)) {
      const field = `${topic}:${partition}`;
      if (offset >= (next.get(field) ?? 0n)) next.set(field, offset + 1n);
    }
  }
  return next;
}
