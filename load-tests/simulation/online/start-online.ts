import type { Clock, Timers } from '@millrace/kernel';
import {
  applyBatch,
  onlineProjectorMetrics,
  type ProjectionParts,
  startProjection,
} from '@millrace/online-projector/projection';
import { type DeadLetters, projectionGauges } from '@millrace/processing';
import { Registry } from 'prom-client';
import { catalog, MAX_AHEAD } from '../events/definitions.ts';
import type { ConsumedLog } from '../log/simulated-cluster.ts';
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
  readonly onTrouble: (error: unknown) => void;
  readonly onFailure: (error: unknown) => void;
}

/** The online projector as its service puts it together, on simulated parts. */
export function startOnline(parts: OnlineParts): Promise<Projector> {
  const { log, store, deadLetters, timers, clock, onTrouble, onFailure } = parts;
  return startProjection({
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
    graceMs: 3_000,
    timers,
    clock,
    onLoss: onTrouble,
    onTrouble,
    onFailure,
  });
}
