import type { DriftWindowClosed, PartitionOffset } from '@millrace/events';
import { type TrainingInputs, versionBehind } from '@millrace/model-lifecycle';
import type { FollowedModels } from './followed-models.ts';
import type { MonitorMetrics } from './metrics.ts';
import type { Monitor } from './monitor.ts';
import { producer } from './producer.ts';
import type { RetrainingLog } from './retraining-log.ts';
import { driftedNames } from './window-event.ts';
import type { WindowHistory } from './window-history.ts';

/** What the reactor needs. */
export interface RetrainingReactorParts {
  readonly history: WindowHistory;
  readonly retraining: RetrainingLog;
  readonly models: FollowedModels;
  readonly metrics: MonitorMetrics;
  /** Everything that is applied now: the knowledge that a training job may use. */
  knowledge(): readonly PartitionOffset[];
}

/**
 * Holds closed windows against the policy of their monitor. It goes by the windows that stand in the log, oldest
 * first, whichever instance closed them, and starts over after a restart: the decider makes that harmless.
 */
export function retrainingReactor(parts: RetrainingReactorParts) {
  const considered = new Set<string>();
  return async function requestRetraining({ name, policy }: Monitor): Promise<void> {
    if (policy === null) return;
    for (const window of parts.history.newestOf(name)) {
      const { eventId } = window.envelope;
      if (considered.has(eventId)) continue;
      if (isAfterReference(window)) {
        const made = await parts.retraining.request({
          type: 'RequestRetraining',
          policy,
          evidence: {
            monitor: name,
            windowStart: window.windowStart,
            windowEnd: window.windowEnd,
            windowRevision: window.revision,
            driftedShare: window.driftedShare,
            driftedFeatures: driftedNames(window),
          },
          inputs: inputsFor(policy.model, window, parts),
          producer,
        });
        if (made !== undefined) parts.metrics.requestsTotal.inc({ policy: policy.name, model: policy.model });
      }
      considered.add(eventId);
    }
  };
}

/** A window that the reference was made of, or one from before it, says nothing about what changed since. */
function isAfterReference({ windowStart, referenceEnd }: DriftWindowClosed): boolean {
  return windowStart >= referenceEnd;
}

function inputsFor(model: string, window: DriftWindowClosed, parts: RetrainingReactorParts): TrainingInputs {
  const state = parts.models.get(model);
  const champion = state === undefined ? undefined : versionBehind(state, 'champion');
  const version = champion === undefined ? undefined : state?.versions.get(champion);
  return {
    championVersion: champion ?? null,
    featureService: version?.featureService ?? null,
    labelsFrom: window.referenceStart,
    labelsUntil: window.windowEnd,
    offsets: parts.knowledge(),
  };
}
