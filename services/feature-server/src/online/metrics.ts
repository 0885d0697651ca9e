import { Counter, Histogram, type Registry } from 'prom-client';

/** What online reads are measured by. */
export interface OnlineMetrics {
  readonly seconds: Histogram;
  readonly entities: Counter;
}

/** Registers the metrics of online reads. */
export function onlineMetrics(registry: Registry): OnlineMetrics {
  return {
    seconds: new Histogram({
      name: 'millrace_online_read_seconds',
      help: 'Time from the parsed request to the written answer, in seconds.',
      // 0.25 ms to 1 s.
      buckets: [0.000_25, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1],
      registers: [registry],
    }),
    entities: new Counter({
      name: 'millrace_online_entities_total',
      help: 'Entities that were read.',
      registers: [registry],
    }),
  };
}
