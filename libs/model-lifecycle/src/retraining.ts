import {
  type Envelope,
  namedEventId,
  type PartitionOffset,
  type RetrainingRequested,
} from '@millrace/events';
import { err, formatDuration, formatInstant, type Micros, ok } from '@millrace/kernel';
import type { Decider } from './decider.ts';

/** When drift asks for a model to be trained again. */
export interface RetrainingPolicy {
  readonly name: string;
  readonly model: string;
  /** The share of drifted features in one window from which it asks. */
  readonly share: number;
  /** How long after the window of one request, in event time, the windows must end that can lead to the next. */
  readonly cooldown: Micros;
}

/** The window that speaks for retraining. */
export interface DriftEvidence {
  readonly monitor: string;
  readonly windowStart: Micros;
  readonly windowEnd: Micros;
  readonly windowRevision: number;
  readonly driftedShare: number;
  readonly driftedFeatures: readonly string[];
}

/** What a training job needs to know to run from the request alone. */
export interface TrainingInputs {
  readonly championVersion: string | null;
  readonly featureService: string | null;
  /** Bounds of the prediction times of the training data: from, and first instant after. */
  readonly labelsFrom: Micros | null;
  readonly labelsUntil: Micros | null;
  readonly offsets: readonly PartitionOffset[];
}

/** Asks for a model to be trained again, because of one window. */
export interface RequestRetraining {
  readonly type: 'RequestRetraining';
  readonly policy: RetrainingPolicy;
  readonly evidence: DriftEvidence;
  readonly inputs: TrainingInputs;
  /** Who asks; id and time of the event follow from policy and window. */
  readonly producer: Envelope['producer'];
}

/** The stream of one model's retraining requests, folded. */
export interface RetrainingState {
  /** How many events counted. */
  readonly streamVersion: bigint;
  readonly requests: ReadonlyMap<string, RetrainingRequested>;
  /** The greatest window end that each policy asked for. */
  readonly newestWindowEnd: ReadonlyMap<string, Micros>;
}

/** The codes with which a request is refused. */
export type RetrainingRefusalCode = 'BELOW_THRESHOLD' | 'COOLING_DOWN';

/** The id of the request that a policy makes for a window: the same cause gives the same id on any instance. */
export function retrainingRequestId(policy: RetrainingPolicy, evidence: DriftEvidence): string {
  const { monitor, windowStart, windowEnd } = evidence;
  return namedEventId(
    'retraining',
    policy.model,
    policy.name,
    monitor,
    String(windowStart),
    String(windowEnd),
  );
}

/**
 * The retraining requests of one model. A policy asks once for a window, whatever its revision, and not again
 * until the cooldown is over in event time, so a replay decides the same. Windows before the newest request's
 * are covered by it.
 */
export const retrainingDecider: Decider<
  RetrainingState,
  RequestRetraining,
  RetrainingRequested,
  RetrainingRefusalCode
> = {
  initialState: { streamVersion: 0n, requests: new Map(), newestWindowEnd: new Map() },

  decide({ policy, evidence, inputs, producer }, state) {
    const requestId = retrainingRequestId(policy, evidence);
    if (state.requests.has(requestId)) return ok([]);
    if (evidence.driftedShare < policy.share) {
      return err({
        code: 'BELOW_THRESHOLD',
        message: `${percent(evidence.driftedShare)} of the features drifted, fewer than ${percent(policy.share)}`,
      });
    }
    const newest = state.newestWindowEnd.get(policy.name);
    if (newest !== undefined && evidence.windowEnd < newest + policy.cooldown) {
      return err({
        code: 'COOLING_DOWN',
        message: `${policy.name} asked for the window up to ${formatInstant(newest)} and rests for ${formatDuration(policy.cooldown)}`,
      });
    }
    const envelope = { eventId: requestId, eventTime: evidence.windowEnd, producer, traceparent: null };
    return ok([
      {
        envelope,
        requestId,
        streamVersion: state.streamVersion + 1n,
        policy: policy.name,
        model: policy.model,
        trigger: 'drift',
        reason: reasonOf(policy, evidence),
        threshold: policy.share,
        ...evidence,
        ...inputs,
      },
    ]);
  },

  evolve(state, event) {
    if (event.streamVersion !== state.streamVersion + 1n) return state;
    const newest = state.newestWindowEnd.get(event.policy);
    const windowEnd = newest !== undefined && newest > event.windowEnd ? newest : event.windowEnd;
    return {
      streamVersion: event.streamVersion,
      requests: new Map(state.requests).set(event.requestId, event),
      newestWindowEnd: new Map(state.newestWindowEnd).set(event.policy, windowEnd),
    };
  },
};

function reasonOf(
  policy: RetrainingPolicy,
  { monitor, windowStart, windowEnd, driftedShare, driftedFeatures }: DriftEvidence,
): string {
  const window = `${formatInstant(windowStart)} to ${formatInstant(windowEnd)}`;
  return `${driftedFeatures.length} features (${percent(driftedShare)}) of ${monitor} drifted from ${window}: ${driftedFeatures.join(', ')}; ${policy.name} asks from ${percent(policy.share)}`;
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
