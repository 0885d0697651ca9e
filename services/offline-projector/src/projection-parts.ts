export { ByteBudget } from './byte-budget.ts';
export type { BatchEncoder, EncodedBatch } from './encoded-batch.ts';
export { featureEncoder } from './feature-encoder.ts';
export { GroupCommit, type GroupCommitOptions } from './group-commit.ts';
export { type OfflineProjectorMetrics, offlineProjectorMetrics } from './metrics.ts';
export { type ProjectionParts, type ProjectionSettings, startProjection } from './projection.ts';
export type { SchemaRoutesOptions } from './schema-routes.ts';
export { TopicProjection, type TopicProjectionOptions } from './topic-projection.ts';
export { ViewTables } from './view-tables.ts';
