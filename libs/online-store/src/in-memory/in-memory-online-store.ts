import { featureTopic, type OffsetVector } from '@millrace/events';
import { type Clock, systemClock } from '@millrace/kernel';
import { type GenerationId, InMemoryGenerations } from '@millrace/processing';
import { BUCKETS, bucketOf } from '../bucket.ts';
import { parsePhysicalName, partitionField, physicalName } from '../generation-names.ts';
import { type CollectionTime, mayBeCollected } from '../may-be-collected.ts';
import { covers, lastOffsets } from '../offsets.ts';
import type {
  BatchEnd,
  BucketContents,
  EntityRead,
  ExpiringView,
  OnlineRow,
  OnlineStore,
  RowAddress,
  StoredRow,
  TopicPartition,
  WriteResult,
} from '../port.ts';
import { absorb, newest, type TiedRows } from '../tied-rows.ts';

interface Position {
  readonly of: TopicPartition;
  readonly next: bigint;
}

interface Bucket {
  readonly positions: Map<string, Position>;
  /** Views have their physical names. */
  readonly rows: Map<string, { readonly address: RowAddress; tied: TiedRows }>;
}

/** The online store in memory, for simulations and tests. */
export class InMemoryOnlineStore implements OnlineStore {
  readonly generations: InMemoryGenerations;
  readonly #buckets: readonly Bucket[] = Array.from({ length: BUCKETS }, () => ({
    positions: new Map(),
    rows: new Map(),
  }));
  readonly #applied = new Map<string, Position>();
  readonly #changed = new Set<() => void>();

  constructor(clock: Clock = systemClock) {
    const contents = {
      delete: (generation: GenerationId) => this.#delete(generation),
      applied: ({ topic, number }: GenerationId) =>
        new Map(
          [...this.#applied.values()]
            .filter(({ of }) => of.topic === topic && of.generation === number)
            .map(({ of, next }) => [of.partition, next] as const),
        ),
    };
    this.generations = new InMemoryGenerations(clock, contents);
  }

  resumeFrom(from: TopicPartition): Promise<bigint> {
    const lowest = this.#buckets
      .map(({ positions }) => positions.get(partitionField(from))?.next ?? 0n)
      .reduce((least, next) => (next < least ? next : least));
    this.#applied.set(partitionField(from), { of: from, next: lowest });
    return Promise.resolve(lowest);
  }

  write(rows: readonly OnlineRow[], end: BatchEnd): Promise<WriteResult> {
    const { nextOffset, ...of } = end;
    const position = { of, next: nextOffset };
    let changed = 0;
    for (const row of rows) {
      const bucket = this.#bucket(bucketOf(row.key));
      raise(bucket.positions, position);
      if (put(bucket, { ...row, view: physicalName(row.view, end.generation) })) changed++;
    }
    raise(this.#applied, position);
    for (const listener of this.#changed) listener();
    return Promise.resolve({ changed });
  }

  checkpoint(): Promise<void> {
    for (const { positions } of this.#buckets) {
      for (const position of this.#applied.values()) raise(positions, position);
    }
    return Promise.resolve();
  }

  release(): void {
    // Nothing is remembered of what it writes.
  }

  collect(number: number, views: readonly ExpiringView[], time: CollectionTime): Promise<number> {
    const { rows } = this.#bucket(number);
    let collected = 0;
    for (const [id, { address, tied }] of rows) {
      const { name } = parsePhysicalName(address.view);
      const expiring = views.find(({ entity, view }) => entity === address.entity && view === name);
      if (expiring === undefined || !mayBeCollected(newest(tied), expiring.ttl, time)) continue;
      rows.delete(id);
      collected++;
    }
    return Promise.resolve(collected);
  }

  read(reads: readonly EntityRead[]): Promise<readonly (readonly (StoredRow | undefined)[])[]> {
    return Promise.resolve(
      reads.map(({ entity, key, views }) => {
        const { rows } = this.#bucket(bucketOf(key));
        return views.map((name) => {
          const view = physicalName(name, this.generations.live(featureTopic(name)));
          const row = rows.get(addressOf({ entity, key, view }));
          return row === undefined ? undefined : newest(row.tied);
        });
      }),
    );
  }

  applied(): Promise<OffsetVector> {
    return Promise.resolve(this.#liveApplied());
  }

  async waitFor(minPositions: OffsetVector, timeoutMs: number): Promise<boolean> {
    if (covers(this.#liveApplied(), minPositions)) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const listener = () => {
      if (covers(this.#liveApplied(), minPositions)) resolve(true);
    };
    this.#changed.add(listener);
    const timer = setTimeout(() => resolve(false), timeoutMs);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#changed.delete(listener);
    });
  }

  readBucket(number: number): Promise<BucketContents> {
    const { positions, rows } = this.#bucket(number);
    const live = [...positions.values()].filter(({ of }) => this.#isLive(of));
    return Promise.resolve({
      nextOffsets: new Map(live.map(({ of, next }) => [`${of.topic}:${of.partition}`, next])),
      rows: [...rows.values()].flatMap(({ address, tied }) => {
        const { name: view, generation } = parsePhysicalName(address.view);
        const isLive = this.#isLive({ topic: featureTopic(view), generation });
        return isLive ? [{ ...newest(tied), ...address, view }] : [];
      }),
    });
  }

  /** The physical names of the views that a bucket has rows of, for tests of what readers do not see. */
  heldIn(bucket: number): readonly string[] {
    return [...this.#bucket(bucket).rows.values()].map(({ address }) => address.view);
  }

  #isLive({ topic, generation }: Pick<TopicPartition, 'topic' | 'generation'>): boolean {
    return this.generations.live(topic) === generation;
  }

  #liveApplied(): OffsetVector {
    const live = [...this.#applied.values()].filter(({ of }) => this.#isLive(of));
    return lastOffsets(live.map(({ of, next }) => ({ ...of, next })));
  }

  #delete({ topic, number }: GenerationId): void {
    const isOf = ({ of }: Position) => of.topic === topic && of.generation === number;
    for (const positions of [this.#applied, ...this.#buckets.map((bucket) => bucket.positions)]) {
      for (const [field, position] of positions) if (isOf(position)) positions.delete(field);
    }
    for (const { rows } of this.#buckets) {
      for (const [id, { address }] of rows) {
        const { name, generation } = parsePhysicalName(address.view);
        if (featureTopic(name) === topic && generation === number) rows.delete(id);
      }
    }
  }

  #bucket(number: number): Bucket {
    const bucket = this.#buckets[number];
    if (bucket === undefined) throw new RangeError(`there is no bucket ${number}`);
    return bucket;
  }
}

function raise(positions: Map<string, Position>, position: Position): void {
  const field = partitionField(position.of);
  if (position.next > (positions.get(field)?.next ?? 0n)) positions.set(field, position);
}

function put(bucket: Bucket, row: OnlineRow): boolean {
  const { entity, key, view, eventTime, position, eventId, recordedAt, value } = row;
  const id = addressOf(row);
  const known = bucket.rows.get(id);
  const tied = absorb(known?.tied, { eventTime, position, eventId, recordedAt, value });
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
