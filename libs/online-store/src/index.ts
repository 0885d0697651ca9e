export type { EntityAnswer, FeatureStatus, ServedRow, ServiceAnswer, ViewStatus } from './answer/answer.ts';
export { compileReadPlan, type ReadPlan, type RequestedEntity } from './answer/plan-reads.ts';
export { readRows, statusOf, type ViewRows } from './answer/read-rows.ts';
export { type ReadServiceOptions, readService } from './answer/read-service.ts';
export type { WriterSchemas } from './answer/row-decoder.ts';
export { BUCKETS, bucketOf } from './bucket.ts';
export { collectionConfigShape } from './config.ts';
export { InMemoryOnlineStore } from './in-memory/in-memory-online-store.ts';
export { type CollectionTime, mayBeCollected } from './may-be-collected.ts';
export type {
  BatchEnd,
  BucketContents,
  EntityRead,
  ExpiringView,
  OnlineRow,
  OnlineStore,
  OnlineStoreCollector,
  OnlineStoreReader,
  OnlineStoreWriter,
  RowAddress,
  StoredRow,
  TopicPartition,
  WriteResult,
} from './port.ts';
export { connectRedisOnlineStore, type RedisOnlineStoreOptions } from './redis/connect.ts';
