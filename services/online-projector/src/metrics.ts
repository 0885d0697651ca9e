import { Counter, Histogram, type Registry } from 'prom-client';

/** What the online projector measures. */
export interface OnlineProjectorMetrics {
  readonly rows: Counter<'topic'>;
  readonly changed: Counter<'topic'>;
  readonly deadLetters: Counter<'topic' | 'code'>;
  readonly batchRows: Histogram;
  readonly applySeconds: Histogram;
  readonly lost: Counter;
  readonly collected: Counter;
}

/** Makes the online projector's metrics in a registry. */
export function onlineProjectorMetrics(registry: Registry): OnlineProjectorMetrics {
  const registers = [registry];
  return {
    rows: new Counter({
      name: 'millrace_online_projector_rows_total',
      help: 'Rows that the online store has taken in, copies and late ones too, by topic.',
      labelNames: ['topic'],
      registers,
    }),
    changed: new Counter({
      name: 'millrace_online_projector_rows_changed_total',
      help: 'Rows that became the newest of their view and entity key, by topic.',
      labelNames: ['topic'],
      registers,
    }),
    deadLetters: new Counter({
      name: 'millrace_online_projector_dead_letters_total',
      help: 'Records that could not be processed, by topic and code.',
      labelNames: ['topic', 'code'],
      registers,
    }),
    batchRows: new Histogram({
      name: 'millrace_online_projector_batch_rows',
      help: 'Records in a batch.',
      // From one record at a time to a whole fetch of small rows.
      buckets: [1, 10, 100, 1_000, 3_000, 10_000, 30_000, 100_000],
      registers,
    }),
    applySeconds: new Histogram({
      name: 'millrace_online_projector_apply_seconds',
      help: 'Time to decode a batch and write it to the store.',
      // From a single row to a full batch on a busy server.
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    }),
    lost: new Counter({
      name: 'millrace_online_projector_store_losses_total',
      help: 'Times that the store was found to have lost acknowledged writes, and was filled again.',
      registers,
    }),
    collected: new Counter({
      name: 'millrace_online_projector_rows_collected_total',
      help: 'Rows that were long out of date and that the online store has forgotten.',
      registers,
    }),
  };
}
