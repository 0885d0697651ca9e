import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { DriftWindowClosed } from '@millrace/events';
import { SECOND, type Micros } from '@millrace/kernel';

/** What the monitor measures of itself. */
export type MonitorMetrics = ReturnType<typeof monitorMetrics>;

/** Registers the monitor's metrics. */
export function monitorMetrics(registry: Registry) {
  const labelNames = ['monitor'] as const;
  const registers = [registry];
  const windowsTotal = new Counter({
    name: 'millrace_monitor_windows_total',
    help: 'Windows written, first results and restatements (reason).',
    labelNames: ['monitor', 'reason'],
    registers,
  });
  const driftedShare = new Gauge({
    name: 'millrace_monitor_drifted_share',
    help: 'Drifted features / features in the window that was written last.',
    labelNames,
    registers,
  });
  const windowLagSeconds = new Gauge({
    name: 'millrace_monitor_window_lag_seconds',
    help: 'Event time between the watermark and the end of the last closed window.',
    labelNames,
    registers,
  });
  return {
    // 1 ms to 30 s: a window of a thousand rows up to one of some hundred million values.
    computeSeconds: new Histogram({
      name: 'millrace_monitor_compute_seconds',
      help: 'Time to count and decide one window.',
      labelNames,
      buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
      registers,
    }),
    failuresTotal: new Counter({
      name: 'millrace_monitor_failures_total',
      help: 'Steps of a monitor that failed and are tried again.',
      labelNames,
      registers,
    }),
    requestsTotal: new Counter({
      name: 'millrace_monitor_retraining_requests_total',
      help: 'Retraining requests that this instance wrote.',
      labelNames: ['policy', 'model'],
      registers,
    }),
    windowClosed(event: DriftWindowClosed) {
      windowsTotal.inc({ monitor: event.monitor, reason: event.reason });
      driftedShare.set({ monitor: event.monitor }, event.driftedShare);
    },
    progressed(monitor: string, watermark: Micros | null, closedThrough: Micros | null) {
      if (watermark === null || closedThrough === null) return;
      windowLagSeconds.set({ monitor }, Number((watermark - closedThrough) / SECOND));
    },
  };
}
