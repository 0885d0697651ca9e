import { bucketOf } from '@millrace/online-store';
import { Layout } from '@millrace/online-store/redis';
import { ENTITIES } from '../events/definitions.ts';
import { keys } from '../events/generate.ts';

/** Names the store's keys, for projectors and checks alike. */
export const layout = new Layout('sim');

/** An entity, and where it lies. */
export interface PlacedEntity {
  readonly id: bigint;
  readonly bucket: number;
  /** The key of its hash. */
  readonly rowKey: string;
}

/** All entities that there may be. */
export const placedEntities: readonly PlacedEntity[] = Array.from({ length: ENTITIES }, (_, id) => {
  const key = keys.encode({ id: BigInt(id) });
  const bucket = bucketOf(key);
  return { id: BigInt(id), bucket, rowKey: layout.rowKey(bucket, 'thing', key).toString('latin1') };
});

/** The field of a partition in hashes of positions. */
export function partitionFieldOf(topic: string, generation: number, partition: number): string {
  return `${generation === 1 ? topic : `${topic}#${generation}`}:${partition}`;
}

/** What all keys of a bucket begin with. */
export function bucketPrefixOf(key: string): string {
  return key.slice(0, key.indexOf('}') + 1);
}

const prefixes = new Set(placedEntities.map(({ bucket }) => bucketPrefixOf(layout.positions(bucket))));

/** Whether a command is about one of the thousand buckets that no entity is in: in what order those go tells nothing. */
export function isElsewhere([key = '', ...others]: readonly string[]): boolean {
  if (others.length > 0 || key.includes(':{store}:')) return false;
  return !prefixes.has(bucketPrefixOf(key));
}
