import { bucketOf } from '@millrace/online-store';
import { promised } from '../core/violation.ts';
import { topics, viewOf } from '../events/definitions.ts';
import { newestRows, type Producers, type Recorded } from '../events/recorded.ts';
import { bucketPrefixOf, layout, partitionFieldOf, type PlacedEntity, placedEntities } from './keys.ts';
import type { Collected } from './collected.ts';
import type { SimulatedRedis } from './simulated-redis.ts';
import { storedGenerations } from './stored-generations.ts';
import { describeRecorded, describeStored, isOf } from './stored-bytes.ts';
import { numberAt } from './values.ts';

const bucketsByPrefix = new Map(
  placedEntities.map(({ bucket }) => [bucketPrefixOf(layout.positions(bucket)), bucket] as const),
);

/** Holds the simulated Redis against the log. */
export class Parity {
  readonly #redis: SimulatedRedis;
  readonly #producers: Producers;
  readonly #partitions: number;
  readonly #collected: Collected;
  /** Generations that were retired at some time. */
  readonly #retired = new Set<string>();

  constructor(redis: SimulatedRedis, producers: Producers, partitions: number, collected: Collected) {
    this.#collected = collected;
    this.#redis = redis;
    this.#producers = producers;
    this.#partitions = partitions;
  }

  /** Checks what has changed since the last time. */
  check(): void {
    const { touched } = this.#redis;
    if (touched.size === 0) return;
    const buckets = new Set<number>();
    for (const key of touched) {
      const bucket = bucketsByPrefix.get(bucketPrefixOf(key));
      if (bucket !== undefined) buckets.add(bucket);
    }
    const hasApplied = touched.has(layout.applied);
    touched.clear();
    for (const { topic, number, state } of storedGenerations(this.#redis)) {
      // What is retired is being dropped, positions first.
      if (state === 'retired') {
        this.#retired.add(`${topic}#${number}`);
        continue;
      }
      for (const bucket of buckets) this.#checkBucket(bucket, topic, number);
      // A drop may have gone on over the loss of its own reason; who fills the generation again finds it behind.
      const wasDropped = this.#redis.losses > 0 && this.#retired.has(`${topic}#${number}`);
      if ((hasApplied || buckets.size > 0) && !wasDropped) this.#checkApplied(topic, number);
    }
  }

  /** Whether all buckets have everything that the log has, of the live generations, and there are no others. */
  isComplete(lastRecords: (topic: string) => ReadonlyMap<number, bigint>): boolean {
    return storedGenerations(this.#redis).every(
      ({ topic, number, state }) =>
        state === 'live' &&
        [...lastRecords(topic)].every(([partition, last]) => this.applied(topic, number, partition) > last) &&
        placedEntities.every((entity) => this.#differing(entity, topic, number, () => true) === undefined),
    );
  }

  /** Throws unless the live generation is what the log says. */
  checkEnd(): void {
    for (const topic of topics) {
      for (const entity of placedEntities) {
        const difference = this.#differing(entity, topic, this.live(topic), () => true);
        promised('the store is what the log says', difference === undefined, () => difference ?? '');
      }
    }
  }

  live(topic: string): number {
    const found = storedGenerations(this.#redis).find(
      (each) => each.topic === topic && each.state === 'live',
    );
    return found?.number ?? 1;
  }

  /** The offset before which a generation has everything, by its own word. */
  applied(topic: string, generation: number, partition: number): number {
    return numberAt(this.#redis, layout.applied, partitionFieldOf(topic, generation, partition));
  }

  /** A bucket has exactly what its positions say. */
  #checkBucket(bucket: number, topic: string, generation: number): void {
    const isKnown = ({ partition, offset }: Recorded) =>
      offset <
      numberAt(this.#redis, layout.positions(bucket), partitionFieldOf(topic, generation, partition));
    // What a drop left behind whose end the server lost: the bucket does not say that it has anything.
    if (this.#redis.losses > 0 && !this.#hasPositions(bucket, topic, generation)) return;
    for (const entity of placedEntities) {
      if (entity.bucket !== bucket) continue;
      const difference = this.#differing(entity, topic, generation, isKnown);
      promised('positions and rows of a bucket agree', difference === undefined, () => difference ?? '');
    }
  }

  #hasPositions(bucket: number, topic: string, generation: number): boolean {
    const prefix = partitionFieldOf(topic, generation, 0).slice(0, -1);
    return [...this.#redis.fields(layout.positions(bucket)).keys()].some((field) => field.startsWith(prefix));
  }

  /** What is applied is in the buckets. */
  #checkApplied(topic: string, generation: number): void {
    for (let partition = 0; partition < this.#partitions; partition++) {
      const applied = this.applied(topic, generation, partition);
      const field = partitionFieldOf(topic, generation, partition);
      for (const row of this.#producers.rows) {
        if (row.topic !== topic || row.partition !== partition || row.offset >= applied) continue;
        const bucket = bucketOf(row.key, layout.buckets);
        const position = numberAt(this.#redis, layout.positions(bucket), field);
        promised(
          'what is applied is in the buckets',
          position > row.offset,
          () =>
            `${field} is applied up to ${applied}, and bucket ${bucket} has ${position}, though ${row.offset} is its own`,
        );
      }
    }
  }

  /** What is wrong about a row, or undefined. */
  #differing(
    { id, rowKey }: PlacedEntity,
    topic: string,
    generation: number,
    isKnown: (row: Recorded) => boolean,
  ): string | undefined {
    const known = this.#producers.of(topic, id).filter(isKnown);
    const expected = newestRows(known, () => true).get(`${topic} ${id}`);
    const field = generation === 1 ? viewOf(topic) : `${viewOf(topic)}#${generation}`;
    const found = this.#redis.get(rowKey, field);
    const stored = Buffer.isBuffer(found) ? found : undefined;
    if (expected === undefined ? stored === undefined : stored !== undefined && isOf(stored, expected))
      return undefined;
    if (expected !== undefined && this.#collected.explains(topic, known, expected, stored)) return undefined;
    return `${field} of thing ${id} is ${describeStored(stored)} instead of ${describeRecorded(expected)}`;
  }
}
