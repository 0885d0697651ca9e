import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What the offline projector counts. */
export interface OfflineProjectorMetrics {
  readonly rows: Counter<'topic'>;
  readonly deadLetters: Counter<'topic'>;
  readonly insertRows: Histogram;
  readonly insertSeconds: Histogram;
  readonly waitingBytes: Gauge;
}

/** The metrics, in a registry. @param waitingBytes gives the bytes that wait to be stored. */
export function offlineProjectorMetrics(
  registry: Registry,
  waitingBytes: () => number = () => 0,
): OfflineProjectorMetrics {
  const registers = [registry];
  return {
    rows: new Counter({
      name: 'millrace_offline_projector_rows_total',
      help: 'Rows that ClickHouse acknowledged.',
      labelNames: ['topic'],
      registers,
    }),
    deadLetters: new Counter({
      name: 'millrace_offline_projector_dead_letters_total',
      help: 'Records that could not be processed.',
      labelNames: ['topic'],
      registers,
    }),
    insertRows: new Histogram({
      name: 'millrace_offline_projector_insert_rows',
      help: 'Rows of one insert.',
      // 1 to 200,000.
      buckets: [1, 10, 100, 1000, 10_000, 50_000, 100_000, 200_000],
      registers,
    }),
    insertSeconds: new Histogram({
      name: 'millrace_offline_projector_insert_seconds',
      help: 'Time of one insert.',
      // 5 ms to 30 s.
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    waitingBytes: new Gauge({
      name: 'millrace_offline_projector_waiting_bytes',
      help: 'Bytes of records whose rows wait to be stored.',
      registers,
      collect() {
        this.set(waitingBytes());
      },
    }),
  };
}
