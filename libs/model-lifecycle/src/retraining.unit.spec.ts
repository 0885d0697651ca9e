import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RetrainingRequested } from '@millrace/events';
import {
  type DriftEvidence,
  type RequestRetraining,
  retrainingDecider,
  retrainingRequestId,
} from './retraining.ts';
import { specify } from './testing/specification.ts';

const { given } = specify(retrainingDecider);
const policy = { name: 'drift', model: 'late_arrival', share: 0.5, cooldown: 30n };
const inputs = {
  championVersion: '1',
  featureService: 'late_arrival',
  labelsFrom: 0n,
  labelsUntil: 100n,
  offsets: [],
};
const producer = { service: 'monitor', version: null, commit: null };

const evidence = (windowEnd: bigint, driftedShare = 0.6): DriftEvidence => ({
  monitor: 'model-late_arrival',
  windowStart: windowEnd - 10n,
  windowEnd,
  windowRevision: 1,
  driftedShare,
  driftedFeatures: ['origin__mean_delay'],
});
const command = (windowEnd: bigint, driftedShare?: number): RequestRetraining => ({
  type: 'RequestRetraining',
  policy,
  evidence: evidence(windowEnd, driftedShare),
  inputs,
  producer,
});
const requested = (windowEnd: bigint, streamVersion: bigint): RetrainingRequested => {
  const requestId = retrainingRequestId(policy, evidence(windowEnd));
  return {
    envelope: { eventId: requestId, eventTime: windowEnd, producer, traceparent: null },
    requestId,
    streamVersion,
    policy: 'drift',
    model: 'late_arrival',
    trigger: 'drift',
    reason: expect.stringMatching(/^1 features \(60 %\) of model-late_arrival drifted/),
    threshold: 0.5,
    ...evidence(windowEnd),
    ...inputs,
  };
};

describe('retrainingDecider', () => {
  it('asks when the share of drifted features reaches the threshold', () => {
    given()
      .when(command(100n))
      .expectEvents([requested(100n, 1n)]);
    given().when(command(100n, 0.49)).expectRefusal('BELOW_THRESHOLD', /49 %/);
  });

  it('asks once for a window, whatever its revision', () => {
    const again = { ...command(100n), evidence: { ...evidence(100n), windowRevision: 2 } };
    given(requested(100n, 1n)).when(again).expectNothing();
  });

  it('rests for the cooldown, to the microsecond', () => {
    given(requested(100n, 1n)).when(command(129n)).expectRefusal('COOLING_DOWN');
    given(requested(100n, 1n))
      .when(command(130n))
      .expectEvents([requested(130n, 2n)]);
  });

  it('does not ask for windows before the newest request', () => {
    given(requested(100n, 1n)).when(command(50n)).expectRefusal('COOLING_DOWN');
  });

  it('lets each policy rest on its own', () => {
    const other = { ...command(110n), policy: { ...policy, name: 'other' } };
    const state = retrainingDecider.evolve(retrainingDecider.initialState, requested(100n, 1n));
    expect(retrainingDecider.decide(other, state)).toMatchObject({
      ok: true,
      value: [{ policy: 'other', streamVersion: 2n }],
    });
  });

  it('ignores an event whose stream version is taken', () => {
    const state = retrainingDecider.evolve(retrainingDecider.initialState, requested(100n, 1n));
    expect(retrainingDecider.evolve(state, requested(200n, 1n))).toBe(state);
    expect(retrainingDecider.evolve(state, requested(100n, 1n))).toBe(state);
  });

  it('ends the same when two instances decide from stale states and both append', () => {
    const windows = fc.array(fc.tuple(fc.bigInt(1n, 40n), fc.boolean()), { maxLength: 20 });
    fc.assert(
      fc.property(windows, (attempts) => {
        let state = retrainingDecider.initialState;
        let stale = state;
        for (const [tenth, fromStale] of attempts) {
          const decision = retrainingDecider.decide(command(tenth * 10n), fromStale ? stale : state);
          stale = state;
          for (const event of decision.ok ? decision.value : [])
            state = retrainingDecider.evolve(state, event);
        }
        const ends = [...state.requests.values()].map(({ windowEnd }) => windowEnd);
        expect(
          ends.every((end, index) => index === 0 || end >= (ends[index - 1] ?? 0n) + policy.cooldown),
        ).toBe(true);
      }),
    );
  });
});
