import { type Deployment, engine, onCluster } from '../clickhouse/table.ts';

/** The statement that makes the table of manifests. */
export function snapshotsTable(deployment: Deployment): string {
  return `CREATE TABLE IF NOT EXISTS snapshots${onCluster(deployment)} (
    id String COMMENT 'Id of the snapshot.',
    created_at DateTime64(3, 'UTC') COMMENT 'When it was made.',
    manifest String COMMENT 'The manifest, as JSON.'
  ) ENGINE = ${engine('ReplacingMergeTree', deployment)} ORDER BY id
  COMMENT 'Manifests of training snapshots.'`;
}
