import { EventCodec } from '@millrace/event-log';
import type { Clock, Timers } from '@millrace/kernel';
import {
  ByteBudget,
  offlineProjectorMetrics,
  type ProjectionParts,
  startProjection,
} from '@millrace/offline-projector/projection';
import { type DeadLetters, projectionGauges } from '@millrace/processing';
import { createLogger } from '@millrace/telemetry';
import { Registry } from 'prom-client';
import type { Projector } from '../core/world.ts';
import { catalog, MAX_AHEAD } from '../events/definitions.ts';
import type { ConsumedLog } from '../log/simulated-cluster.ts';

// What is measured interests nobody here, and registries are dear.
const metricsRegistry = new Registry();
const metrics = offlineProjectorMetrics(metricsRegistry);
const gauges = projectionGauges('offline_projector', metricsRegistry);

const logger = createLogger('simulation', 'silent');

const schemas = {
  register: () => Promise.reject(new Error('nothing is registered')),
  schemaById: () => Promise.resolve(undefined),
};

/** What the offline projector is started with in a process. */
export interface OfflineParts {
  readonly log: ConsumedLog;
  readonly store: ProjectionParts['store'];
  readonly deadLetters: DeadLetters;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly graceMs: number;
  readonly onFailure: (error: unknown) => void;
}

/** The offline projector as its service puts it together, on simulated parts. */
export function startOffline({ log, graceMs, ...parts }: OfflineParts): Promise<Projector> {
  return startProjection(
    {
      ...parts,
      log: { ...log, follow: () => Promise.reject(new Error('nothing is followed')) },
      definitions: { catalog, caughtUp: () => Promise.resolve(), onChange: () => () => undefined },
      registry: schemas,
      codec: new EventCodec(schemas),
      metrics,
      gauges,
      queue: new ByteBudget(2_000, parts.timers),
      logger,
    },
    {
      maxAhead: MAX_AHEAD,
      lingerMs: 200,
      graceMs,
      topicQueueBytes: 1_000,
      maxBytesPerPartition: 1_024,
      otherTopics: [],
    },
  );
}
