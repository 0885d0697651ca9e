import type { OffsetVector } from '@millrace/events';
import { BUCKETS, bucketOf } from '../bucket.ts';
import { covers, lastOffsets } from '../offsets.ts';
import type {
  BatchEnd,
  BucketContents,
  EntityRead,
  OnlineRow,
  OnlineStore,
  RowAddress,
  StoredRow,
  TopicPartition,
  WriteResult,
} from '../port.ts';
import { absorb, newest, type TiedRows } from '../tied-rows.ts';

interface Bucket {
  readonly nextOffsets: Map<string, bigint>;
  readonly rows: Map<string, { readonly address: RowAddress; tied: TiedRows }>;
}

/** The online store in memory, for simulations and tests. */
export class InMemoryOnlineStore implements OnlineStore {
  readonly #buckets: readonly Bucket[] = Array.from({ length: BUCKETS }, () => ({
    nextOffsets: new Map(),
    rows: new Map(),
  }));
  readonly #applied = new Map<string, readonly [TopicPartition, bigint]>();
  readonly #changed = new Set<() => void>();

  resumeFrom(from: TopicPartition): Promise<bigint> {
    const lowest = this.#buckets
      .map((bucket) => bucket.nextOffsets.get(fieldOf(from)) ?? 0n)
      .reduce((least, next) => (next < least ? next : least));
    this.#applied.set(fieldOf(from), [from, lowest]);
    return Promise.resolve(lowest);
  }

  write(rows: readonly OnlineRow[], end: BatchEnd): Promise<WriteResult> {
    let changed = 0;
    for (const row of rows) {
      const bucket = this.#bucket(bucketOf(row.key));
      raise(bucket, end);
      if (put(bucket, row)) changed++;
    }
    const { topic, partition, nextOffset } = end;
    const before = this.#applied.get(fieldOf(end))?.[1] ?? 0n;
    if (nextOffset > before) this.#applied.set(fieldOf(end), [{ topic, partition }, nextOffset]);
    for (const listener of this.#changed) listener();
    return Promise.resolve({ changed });
  }

  checkpoint(): Promise<void> {
    for (const bucket of this.#buckets) {
      for (const [partition, nextOffset] of this.#applied.values())
        raise(bucket, { ...partition, nextOffset });
    }
    return Promise.resolve();
  }

  read(reads: readonly EntityRead[]): Promise<readonly (readonly (StoredRow | undefined)[])[]> {
    return Promise.resolve(
      reads.map(({ entity, key, views }) => {
        const { rows } = this.#bucket(bucketOf(key));
        return views.map((view) => {
          const row = rows.get(addressOf({ entity, key, view }));
          return row === undefined ? undefined : newest(row.tied);
        });
      }),
    );
  }

  applied(): Promise<OffsetVector> {
    return Promise.resolve(lastOffsets(this.#applied.values()));
  }

  async waitFor(minPositions: OffsetVector, timeoutMs: number): Promise<boolean> {
    if (covers(await this.applied(), minPositions)) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const listener = () => {
      if (covers(lastOffsets(this.#applied.values()), minPositions)) resolve(true);
    };
    this.#changed.add(listener);
    const timer = setTimeout(() => resolve(false), timeoutMs);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#changed.delete(listener);
    });
  }

  readBucket(bucket: number): Promise<BucketContents> {
    const { nextOffsets, rows } = this.#bucket(bucket);
    return Promise.resolve({
      nextOffsets: new Map(nextOffsets),
      rows: [...rows.values()].map(({ address, tied }) => ({ ...newest(tied), ...address })),
    });
  }

  #bucket(number: number): Bucket {
    const bucket = this.#buckets[number];
    if (bucket === undefined) throw new RangeError(`there is no bucket ${number}`);
    return bucket;
  }
}

function raise(bucket: Bucket, end: BatchEnd): void {
  const before = bucket.nextOffsets.get(fieldOf(end)) ?? 0n;
  if (end.nextOffset > before) bucket.nextOffsets.set(fieldOf(end), end.nextOffset);
}

function put(bucket: Bucket, row: OnlineRow): boolean {
  const { entity, key, view, eventTime, position, eventId, value } = row;
  const id = addressOf(row);
  const known = bucket.rows.get(id);
  const tied = absorb(known?.tied, { eventTime, position, eventId, value });
  if (known === undefined) {
    bucket.rows.set(id, { address: { entity, key, view }, tied });
    return true;
  }
  const before = newest(known.tied);
  known.tied = tied;
  return newest(tied) !== before;
}

function addressOf({ entity, key, view }: RowAddress): string {
  return `${view}:${entity}:${key.toString('latin1')}`;
}

function fieldOf({ topic, partition }: TopicPartition): string {
  return `${topic}:${partition}`;
}
