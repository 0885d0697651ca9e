import type { Clock, Micros, Timers } from '@millrace/kernel';
import {
  applyBatch,
  onlineProjectorMetrics,
  type ProjectionParts,
  startCollecting,
  startProjection,
} from '@millrace/online-projector/projection';
import { type DeadLetters, projectionGauges } from '@millrace/processing';
import type { OnlineStoreCollector } from '@millrace/online-store';
import { Registry } from 'prom-client';
import { catalog, MAX_AHEAD } from '../events/definitions.ts';
import type { ConsumedLog } from '../log/simulated-cluster.ts';
import { layout } from './keys.ts';
import type { Projector } from '../core/world.ts';

// What is measured interests nobody here, and registries are dear.
const registry = new Registry();
const metrics = onlineProjectorMetrics(registry);
const gauges = projectionGauges('online_projector', registry);

/** What the online projector is started with in a process. */
export interface OnlineParts {
  readonly log: ConsumedLog;
  readonly store: ProjectionParts['store'];
  readonly deadLetters: DeadLetters;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly graceMs: number;
  readonly collector: OnlineStoreCollector;
  /** How long after its TTL a row is kept, in microseconds. */
  readonly horizon: Micros;
  readonly random: () => number;
  readonly onTrouble: (error: unknown) => void;
  readonly onFailure: (error: unknown) => void;
}

/** In what time garbage collection looks at every row once, in milliseconds. */
const COLLECT_EVERY_MS = 6_000;

/** The online projector as its service puts it together, on simulated parts. */
export async function startOnline(parts: OnlineParts): Promise<Projector> {
  const { log, store, deadLetters, timers, clock, graceMs, onTrouble, onFailure } = parts;
  const projection = await startProjection({
    log: { ...log, follow: () => Promise.reject(new Error('nothing is followed')) },
    definitions: { catalog, onChange: () => () => undefined },
    store,
    apply: applyBatch({
      store,
      catalog,
      registry: { schemaById: () => Promise.resolve(undefined) },
      deadLetters,
      metrics,
      maxAhead: MAX_AHEAD,
    }),
    gauges,
    checkpointMs: 3_000,
    fetchBytes: 1024,
    graceMs,
    timers,
    clock,
    onLoss: onTrouble,
    onTrouble,
    onFailure,
  });
  const collecting = await startCollecting({
    store: parts.collector,
    catalog,
    horizon: parts.horizon,
    everyMs: COLLECT_EVERY_MS,
    buckets: layout.buckets,
    random: parts.random,
    onCollected: () => undefined,
    onTrouble,
    onFailure,
    timers,
    clock,
  });
  return {
    async stop() {
      await collecting.stop();
      await projection.stop();
    },
  };
}
