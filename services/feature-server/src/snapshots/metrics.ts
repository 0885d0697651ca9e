import { Counter, Histogram, type Registry } from 'prom-client';

/** What snapshots are measured by. */
export interface SnapshotMetrics {
  readonly createSeconds: Histogram;
  readonly rows: Counter;
}

/** Registers the metrics of snapshots. */
export function snapshotMetrics(registry: Registry): SnapshotMetrics {
  return {
    createSeconds: new Histogram({
      name: 'millrace_snapshot_create_seconds',
      help: 'Time to pin a snapshot, in seconds.',
      // 50 ms to 5 min.
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
      registers: [registry],
    }),
    rows: new Counter({
      name: 'millrace_snapshot_rows_total',
      help: 'Rows of the snapshots that were pinned.',
      registers: [registry],
    }),
  };
}
