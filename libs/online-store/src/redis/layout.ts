import { BUCKETS } from '../bucket.ts';

const SEPARATOR = ':'.charCodeAt(0);
/**
 * Raised with every change of the layout, and part of every key: a store of another layout is never misread, the
 * projector finds an empty one and fills it from the log.
 *
 * 2: rows carry the time of their recording.
 */
const LAYOUT = 2;

/**
 * The keys of the store in Redis. `{bucket}` is the hash tag, so a bucket lies on one node of a cluster. All of
 * them begin with the store's name: several stores share a server. The write script makes the same keys, and
 * `prefix:{bucket}:t:view:entity:key`, a hash of tied rows by event id.
 */
export class Layout {
  /** What every key begins with. */
  readonly prefix: string;
  /** A hash: `topic:partition` to the offset before which every record is in all buckets. */
  readonly applied: string;
  /** A hash, on a cluster: `topic:partition` to the position that every bucket had at the last checkpoint. */
  readonly checkpointed: string;
  /** A hash: the generations. It lies beside `applied`, so that a node that is lost takes both. */
  readonly generations: string;
  /** Into how many parts the store is split. */
  readonly buckets: number;
  readonly #positions: readonly string[];
  readonly #rowPrefixes: readonly Buffer[];

  /** @param buckets fewer than all services have them only where none of them looks: in simulations. */
  constructor(name: string, buckets = BUCKETS) {
    this.buckets = buckets;
    this.prefix = `${name}:${LAYOUT}`;
    this.applied = `${this.prefix}:{store}:applied`;
    this.checkpointed = `${this.prefix}:{store}:checkpointed`;
    this.generations = `${this.prefix}:{store}:generations`;
    const prefixes = Array.from({ length: buckets }, (_, bucket) => `${this.prefix}:{${bucket}}:`);
    this.#positions = prefixes.map((prefix) => `${prefix}positions`);
    this.#rowPrefixes = prefixes.map((prefix) => Buffer.from(`${prefix}e:`));
  }

  /** A hash: `topic:partition` to the offset before which every record of the bucket is in it. */
  positions(bucket: number): string {
    return this.#positions[bucket] ?? noBucket(bucket);
  }

  /** A set of the entities that the bucket has, each `entity:key bytes`. */
  entities(bucket: number): string {
    return `${this.prefix}:{${bucket}}:entities`;
  }

  /** What an entity's hash begins with; `entity:key bytes` follows. Its fields are views. */
  rowPrefix(bucket: number): string {
    return `${this.prefix}:{${bucket}}:e:`;
  }

  /** What the hashes of tied rows begin with; `view:entity:key bytes` follows. */
  tiesPrefix(bucket: number): string {
    return `${this.prefix}:{${bucket}}:t:`;
  }

  /** The hash of an entity. */
  rowKey(bucket: number, entity: string, key: Buffer): Buffer {
    const prefix = this.#rowPrefixes[bucket] ?? noBucket(bucket);
    return Buffer.concat([prefix, Buffer.from(entity), Buffer.of(SEPARATOR), key]);
  }
}

function noBucket(bucket: number): never {
  throw new RangeError(`there is no bucket ${bucket}`);
}

/** Takes apart `entity:key bytes`; names of entities have no colon. */
export function parseEntity(suffix: Buffer): { readonly entity: string; readonly key: Buffer } {
  const at = suffix.indexOf(SEPARATOR);
  return { entity: suffix.toString('latin1', 0, at), key: suffix.subarray(at + 1) };
}
