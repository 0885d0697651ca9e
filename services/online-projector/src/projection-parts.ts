export { type ApplyBatch, applyBatch, type ApplyBatchParts } from './apply-batch.ts';
export { type CollectingParts, startCollecting } from './collecting.ts';
export { type OnlineProjectorMetrics, onlineProjectorMetrics } from './metrics.ts';
export { type ProjectionParts, startProjection } from './projection.ts';
