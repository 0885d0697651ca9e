export type { AppliedPartition, AppliedRange } from './clickhouse/applied-ranges.ts';
export { appliedPartitions } from './clickhouse/applied-ranges.ts';
export { type ClickHouseConfig, clickHouseConfigShape } from './clickhouse/config.ts';
export { connectClickHouse } from './clickhouse/connect.ts';
export { storeError } from './clickhouse/errors.ts';
export { MAX_BLOCK_BYTES, MAX_BLOCK_ROWS, type RowBlock } from './clickhouse/insert.ts';
export { identifier, literal } from './clickhouse/sql.ts';
export { type Deployment, laterCopies } from './clickhouse/table.ts';
export { featureColumnType, presenceColumn } from './feature-table/columns.ts';
export { featureViewName, rawTableName } from './feature-table/feature-table.ts';
export type { RecordPlace } from './feature-table/row-head.ts';
export { compileTranscoder, type RowTranscoder } from './feature-table/transcoder.ts';
export type { EventRow, EventTable } from './event-tables/event-table.ts';
export type { DeadLetterEvent } from './event-tables/dead-letters.ts';
export type { ModelEvent } from './event-tables/models.ts';
export { eventTables } from './event-tables/views.ts';
export { rawNameOf } from './generations/event-topics.ts';
export { clickHouseGenerations } from './generations/generations.ts';
export { physicalTable } from './generations/physical-table.ts';
export { liveGenerations } from './generations/read-marks.ts';
export { generationsShown } from './generations/shown-generations.ts';
export { type JoinView, joinViewsOf } from './point-in-time/join-view.ts';
export {
  type PointInTimeJoin,
  pointInTimeQuery,
  pointInTimeSelect,
  resultColumns,
  ROW_COLUMN,
  type SpineTable,
} from './point-in-time/query.ts';
export type { OfflineStore } from './port.ts';
export { RowWriter } from './row-binary/row-writer.ts';
export { type ClickHouseOfflineStore, openOfflineStore } from './store.ts';
export type { Knowledge } from './snapshots/knowledge.ts';
export { type SnapshotManifest, snapshotManifestSchema } from './snapshots/manifest.ts';
export {
  openSnapshots,
  type SnapshotRequest,
  type Snapshots,
  type SnapshotsOptions,
  type SnapshotVerification,
} from './snapshots/snapshots.ts';
export type { LabelSpine } from './snapshots/spine-from-labels.ts';
export type { SpineFile } from './snapshots/stage-file.ts';
export { type SnapshotFormat, snapshotFormats } from './snapshots/staged-column.ts';
