import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Envelope, newEventId } from '@millrace/events';
import {
  evolveModel,
  initialModelState,
  type ModelCommand,
  type ModelEvent,
  type ModelState,
  modelDecider,
  versionBehind,
} from './index.ts';
import { specify } from './testing/specification.ts';

const model = 'late_arrival';
const envelope: Envelope = {
  eventId: newEventId(),
  eventTime: 980_000_000_000_000n,
  producer: { service: 'test', version: null, commit: null },
  traceparent: null,
};
const contents = {
  envelope,
  model,
  featureService: 'late_arrival',
  featureServiceHash: 'abc',
  artifactUri: 'models/1.onnx',
  artifactHash: 'def',
  snapshotId: null,
  snapshotHash: null,
  metrics: { auc: 0.71 },
  tags: {},
};

const registerVersion = (version: string, more: Partial<typeof contents> = {}): ModelCommand => ({
  ...contents,
  ...more,
  type: 'RegisterModelVersion',
  version,
});
const releaseAs = (version: string, alias = 'champion'): ModelCommand => ({
  type: 'ReleaseModel',
  envelope,
  model,
  version,
  alias,
  reason: null,
});
const rollBackFrom = (fromVersion: string | null, alias = 'champion'): ModelCommand => ({
  type: 'RollBackModel',
  envelope,
  model,
  alias,
  fromVersion,
  reason: 'worse',
});

const registered = (streamVersion: bigint, version: string): ModelEvent => ({
  name: 'ModelVersionRegistered',
  event: { ...contents, version, streamVersion },
});
const released = (streamVersion: bigint, version: string, previousVersion: string | null): ModelEvent => ({
  name: 'ModelReleased',
  event: { envelope, model, streamVersion, version, alias: 'champion', previousVersion, reason: null },
});
const rolledBack = (streamVersion: bigint, fromVersion: string, toVersion: string): ModelEvent => ({
  name: 'ModelRolledBack',
  event: { envelope, model, streamVersion, alias: 'champion', fromVersion, toVersion, reason: 'worse' },
});

const spec = specify(modelDecider);

describe('a model', () => {
  it('registers its first version', () => {
    spec
      .given()
      .when(registerVersion('1'))
      .expectEvents([registered(1n, '1')]);
  });

  it('refuses another content under a version that is taken, naming what differs', () => {
    spec
      .given(registered(1n, '1'))
      .when(registerVersion('1', { artifactHash: 'other', metrics: { auc: 0.5 } }))
      .expectRefusal('MODEL_VERSION_EXISTS', /another artifactHash, metrics;/);
  });

  it('releases a version and remembers whom it follows', () => {
    spec
      .given(registered(1n, '1'), registered(2n, '2'), released(3n, '1', null))
      .when(releaseAs('2'))
      .expectEvents([released(4n, '2', '1')]);
  });

  it('does not release what it does not know', () => {
    spec
      .given()
      .when(releaseAs('1'))
      .expectRefusal('MODEL_VERSION_UNKNOWN', /no version 1/);
  });

  it('rolls back to the version before', () => {
    spec
      .given(registered(1n, '1'), registered(2n, '2'), released(3n, '1', null), released(4n, '2', '1'))
      .when(rollBackFrom('2'))
      .expectEvents([rolledBack(5n, '2', '1')]);
  });

  it('rolls back again and again without the version named, until nothing is left', () => {
    const history = [
      registered(1n, '1'),
      registered(2n, '2'),
      released(3n, '1', null),
      released(4n, '2', '1'),
    ];
    spec
      .given(...history)
      .when(rollBackFrom(null))
      .expectEvents([rolledBack(5n, '2', '1')], { repeatable: false });
    spec
      .given(...history, rolledBack(5n, '2', '1'))
      .when(rollBackFrom(null))
      .expectRefusal('ROLLBACK_IMPOSSIBLE', /before 1/);
  });

  it('does not roll back a version that is not there any more', () => {
    spec
      .given(registered(1n, '1'), registered(2n, '2'), released(3n, '1', null))
      .when(rollBackFrom('2'))
      .expectRefusal('ROLLBACK_IMPOSSIBLE', /is 1, not 2/);
    spec
      .given()
      .when(rollBackFrom(null))
      .expectRefusal('ROLLBACK_IMPOSSIBLE', /nothing was released/);
  });

  it('counts the first of two events with one stream version', () => {
    const events = [
      registered(1n, '1'),
      registered(2n, '2'),
      released(3n, '1', null),
      released(3n, '2', null),
    ];
    const state = events.reduce(evolveModel, initialModelState);
    expect(versionBehind(state, 'champion')).toBe('1');
    expect(state.streamVersion).toBe(3n);
  });

  it('is not changed by what a writer decided from an older state, nor by a record sent twice', () => {
    const command = fc.oneof(
      fc.constantFrom('1', '2', '3').map((version) => registerVersion(version)),
      fc.constantFrom('1', '2', '3').map((version) => releaseAs(version)),
      fc.constant(rollBackFrom(null)),
    );
    const step = fc.record({ counts: command, stale: command, decidedBefore: fc.nat(5) });
    const decide = (wanted: ModelCommand, from: ModelState) => {
      const decision = modelDecider.decide(wanted, from);
      return decision.ok ? decision.value : [];
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const states = [initialModelState];
        for (const { counts, stale, decidedBefore } of steps) {
          const before = states.at(-1) ?? initialModelState;
          const after = decide(counts, before).reduce(evolveModel, before);
          const older = states[Math.max(0, states.length - 1 - decidedBefore)] ?? initialModelState;
          const lost = older.streamVersion === after.streamVersion ? [] : decide(stale, older);
          expect([...decide(counts, before), ...lost].reduce(evolveModel, after)).toBe(after);
          states.push(after);
        }
      }),
    );
  });
});
