import { bucketOf } from '@millrace/online-store';
import { promised } from '../core/violation.ts';
import { topics, viewOf } from '../events/definitions.ts';
import { newestRows, type Producers, type Recorded } from '../events/recorded.ts';
import { bucketPrefixOf, layout, partitionFieldOf, type PlacedEntity, placedEntities } from './keys.ts';
import type { SimulatedRedis } from './simulated-redis.ts';
import { storedGenerations } from './stored-generations.ts';
import { numberAt } from './values.ts';

const bucketsByPrefix = new Map(
  placedEntities.map(({ bucket }) => [bucketPrefixOf(layout.positions(bucket)), bucket] as const),
);

/** Holds the simulated Redis against the log. */
export class Parity {
  readonly #redis: SimulatedRedis;
  readonly #producers: Producers;
  readonly #partitions: number;
  constructor(redis: SimulatedRedis, producers: Producers, partitions: number) {
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
      if (state === 'retired') continue;
      for (const bucket of buckets) this.#checkBucket(bucket, topic, number);
      if (hasApplied || buckets.size > 0) this.#checkApplied(topic, number);
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
    for (const entity of placedEntities) {
      if (entity.bucket !== bucket) continue;
      const difference = this.#differing(entity, topic, generation, isKnown);
      promised('positions and rows of a bucket agree', difference === undefined, () => difference ?? '');
    }
  }

  /** What is applied is in the buckets. */
  #checkApplied(topic: string, generation: number): void {
    for (let partition = 0; partition < this.#partitions; partition++) {
      const applied = this.applied(topic, generation, partition);
      const field = partitionFieldOf(topic, generation, partition);
      for (const row of this.#producers.rows) {
        if (row.topic !== topic || row.partition !== partition || row.offset >= applied) continue;
        const bucket = bucketOf(row.key);
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
    const known = this.#producers.rows.filter(
      (row) => row.entity === id && row.topic === topic && isKnown(row),
    );
    const expected = newestRows(known, () => true).get(`${topic} ${id}`);
    const field = generation === 1 ? viewOf(topic) : `${viewOf(topic)}#${generation}`;
    const stored = this.#redis.get(rowKey, field);
    const found = Buffer.isBuffer(stored) ? describeStored(stored) : 'nothing';
    const wanted = expected === undefined ? 'nothing' : describeRecorded(expected);
    return found === wanted ? undefined : `${field} of thing ${id} is ${found} instead of ${wanted}`;
  }
}

function describeStored(row: Buffer): string {
  const time = BigInt.asIntN(64, row.readBigUInt64BE(0) ^ (1n << 63n));
  const deleted = ((row[32] ?? 0) & 1) === 1;
  const value = deleted ? 'a deletion' : row.toString('base64', 41);
  return `event ${row.toString('hex', 30, 32)} at ${time} of position ${row.readBigUInt64BE(8)}: ${value}`;
}

function describeRecorded({ eventId, eventTime, position, value, bytes }: Recorded): string {
  const text = value === null ? 'a deletion' : bytes.toString('base64');
  return `event ${eventId.slice(-4)} at ${eventTime} of position ${position}: ${text}`;
}
