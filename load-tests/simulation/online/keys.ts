import { bucketOf } from '@millrace/online-store';
import { Layout } from '@millrace/online-store/redis';
import { ENTITIES } from '../events/definitions.ts';
import { keys } from '../events/generate.ts';

/** Names the store's keys, for projectors and checks alike. A few buckets do: what lies in another one tells nothing more. */
export const layout = new Layout('sim', 4);

/** An entity, and where it lies. */
export interface PlacedEntity {
  readonly id: bigint;
  readonly bucket: number;
  readonly key: Buffer;
  /** The key of its hash. */
  readonly rowKey: string;
}

/** All entities that there may be. */
export const placedEntities: readonly PlacedEntity[] = Array.from({ length: ENTITIES }, (_, id) => {
  const key = keys.encode({ id: BigInt(id) });
  const bucket = bucketOf(key, layout.buckets);
  return { id: BigInt(id), bucket, key, rowKey: layout.rowKey(bucket, 'thing', key).toString('latin1') };
});

/** The field of a partition in hashes of positions. */
export function partitionFieldOf(topic: string, generation: number, partition: number): string {
  return `${generation === 1 ? topic : `${topic}#${generation}`}:${partition}`;
}

/** What all keys of a bucket begin with. */
export function bucketPrefixOf(key: string): string {
  return key.slice(0, key.indexOf('}') + 1);
}
