import type { TopicPartition } from '../port.ts';

const SEPARATOR = ':'.charCodeAt(0);

/**
 * The keys of the store in Redis. `{bucket}` is the hash tag, so a bucket lies on one node of a cluster. All of
 * them begin with the store's name: several stores, such as one that is being rebuilt, share a server. The write
 * script makes the same keys, and `name:{bucket}:t:view:entity:key`, a hash of tied rows by event id.
 */
export class Layout {
  /** A hash: `topic:partition` to the offset before which every record is in all buckets. */
  readonly applied: string;
  /** What every key begins with. */
  readonly name: string;
  readonly #entityPrefixes = new Map<number, Buffer>();

  constructor(name: string) {
    this.name = name;
    this.applied = `${name}:applied`;
  }

  /** A hash: `topic:partition` to the offset before which every record of the bucket is in it. */
  positions(bucket: number): string {
    return `${this.name}:{${bucket}}:positions`;
  }

  /** A set of the entities that the bucket has, each `entity:key bytes`. */
  entities(bucket: number): string {
    return `${this.name}:{${bucket}}:entities`;
  }

  /** What an entity's hash begins with; `entity:key bytes` follows. Its fields are views. */
  rowPrefix(bucket: number): string {
    return `${this.name}:{${bucket}}:e:`;
  }

  /** The hash of an entity. */
  rowKey(bucket: number, entity: string, key: Buffer): Buffer {
    let prefix = this.#entityPrefixes.get(bucket);
    if (prefix === undefined) {
      prefix = Buffer.from(this.rowPrefix(bucket));
      this.#entityPrefixes.set(bucket, prefix);
    }
    return Buffer.concat([prefix, Buffer.from(entity), Buffer.of(SEPARATOR), key]);
  }
}

/** The field of a partition in the hashes of positions. */
export function partitionField({ topic, partition }: TopicPartition): string {
  return `${topic}:${partition}`;
}

/** Takes apart what {@link partitionField} made; topics have no colon. */
export function parsePartitionField(field: string): TopicPartition {
  const at = field.lastIndexOf(':');
  return { topic: field.slice(0, at), partition: Number(field.slice(at + 1)) };
}

/** Takes apart `entity:key bytes`; names of entities have no colon. */
export function parseEntity(suffix: Buffer): { readonly entity: string; readonly key: Buffer } {
  const at = suffix.indexOf(SEPARATOR);
  return { entity: suffix.toString('latin1', 0, at), key: suffix.subarray(at + 1) };
}
