import { partitionOf } from '@millrace/events';

/** Into how many parts the store is split. Part of the layout: another number needs a rebuild. */
export const BUCKETS = 1024;

/** The bucket of an entity key: the hash that also chooses the Kafka partition. */
export function bucketOf(key: Uint8Array, buckets = BUCKETS): number {
  return partitionOf(key, buckets);
}
