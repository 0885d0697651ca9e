import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DeadLetterDiscarded,
  type DeadLettered,
  type DeadLetterReplayed,
  newEventId,
} from '@millrace/events';
import { specify } from '@millrace/model-lifecycle/testing';
import { deadLetterId } from '../dead-letters.ts';
import {
  deadLetterDecider,
  type DeadLetterEvent,
  type DiscardDeadLetter,
  mayReplay,
  type ReplayDeadLetter,
} from './dead-letter.ts';

const { given } = specify(deadLetterDecider);
const source = { topic: 'features.departures', partition: 2, offset: 7n };
const id = deadLetterId(source);
const envelopeOf = (eventId: string) => ({
  eventId,
  eventTime: 1n,
  producer: { service: 'test', version: null, commit: null },
  traceparent: null,
});

const died = (service: string): DeadLetterEvent => {
  const event: DeadLettered = {
    envelope: envelopeOf(id),
    ...source,
    recordedAt: 1n,
    service,
    code: 'SCHEMA_UNKNOWN',
    reason: 'the schema registry has no schema 7',
    key: null,
    value: Buffer.from('x'),
    replayOf: null,
    cut: false,
  };
  return { name: 'DeadLettered', event };
};
const stream = (streamVersion: bigint, by: string) => ({
  envelope: envelopeOf(newEventId()),
  deadLetterId: id,
  streamVersion,
  ...source,
  by,
});
const replayed = (streamVersion: bigint, replayedOffset = 20n, by = 'ann'): DeadLetterEvent => {
  const event: DeadLetterReplayed = {
    ...stream(streamVersion, by),
    replayedTopic: source.topic,
    replayedPartition: 2,
    replayedOffset,
    reason: null,
  };
  return { name: 'DeadLetterReplayed', event };
};
const discarded = (streamVersion: bigint, by = 'ann'): DeadLetterEvent => {
  const event: DeadLetterDiscarded = { ...stream(streamVersion, by), reason: 'a test of the sender' };
  return { name: 'DeadLetterDiscarded', event };
};

const replay = ({ event }: DeadLetterEvent): ReplayDeadLetter => ({
  type: 'ReplayDeadLetter',
  envelope: event.envelope,
  deadLetterId: id,
  by: 'ann',
  replayedTo: { ...source, offset: 20n },
  reason: null,
});
const discard = ({ event }: DeadLetterEvent, reason = 'a test of the sender'): DiscardDeadLetter => ({
  type: 'DiscardDeadLetter',
  envelope: event.envelope,
  deadLetterId: id,
  by: 'ann',
  reason,
});

describe('deadLetterDecider', () => {
  it('replays one that is open, and says where the record stands now', () => {
    const event = replayed(2n);
    given(died('online-projector')).when(replay(event)).expectEvents([event]);
  });

  it('knows one dead letter, although both projectors wrote it', () => {
    const event = replayed(2n);
    given(died('online-projector'), died('offline-projector')).when(replay(event)).expectEvents([event]);
    given(died('online-projector'), event, died('offline-projector')).when(replay(event)).expectNothing();
  });

  it('discards one with a reason, and not without', () => {
    const event = discarded(2n);
    given(died('online-projector')).when(discard(event)).expectEvents([event]);
    given(died('online-projector')).when(discard(event, ' ')).expectRefusal('DEAD_LETTER_REASON_MISSING');
  });

  it('refuses what makes no sense', () => {
    given()
      .when(replay(replayed(1n)))
      .expectRefusal('DEAD_LETTER_UNKNOWN');
    given()
      .when(discard(discarded(1n)))
      .expectRefusal('DEAD_LETTER_UNKNOWN');
    given(died('online-projector'), replayed(2n))
      .when(discard(discarded(3n)))
      .expectRefusal('DEAD_LETTER_REPLAYED', /seen at its new place/);
  });

  it('takes a discard back by a replay', () => {
    const event = replayed(3n);
    given(died('online-projector'), discarded(2n)).when(replay(event)).expectEvents([event]);
  });

  it('of two operators at once lets the first in the log decide', () => {
    const first = discarded(2n, 'ann');
    const second = replayed(2n, 20n, 'bob');
    const again = replayed(3n);
    given(died('online-projector'), first, second).when(discard(first)).expectNothing();
    given(died('online-projector'), first, second).when(replay(again)).expectEvents([again]);
    given(died('online-projector'), second, first)
      .when(discard(discarded(3n)))
      .expectRefusal('DEAD_LETTER_REPLAYED');
  });

  it('asks for an append only while there is something to replay', () => {
    const fold = (...events: readonly DeadLetterEvent[]) =>
      mayReplay(id, events.reduce(deadLetterDecider.evolve, deadLetterDecider.initialState));
    expect(fold()).toMatchObject({ ok: false, error: { code: 'DEAD_LETTER_UNKNOWN' } });
    expect(fold(died('a'))).toEqual({ ok: true, value: true });
    expect(fold(died('a'), discarded(2n))).toEqual({ ok: true, value: true });
    expect(fold(died('a'), replayed(2n))).toEqual({ ok: true, value: false });
  });

  it('ends in one state whatever is written twice, and never leaves replayed', () => {
    const wish = fc.constantFrom('replay', 'discard');
    fc.assert(
      fc.property(fc.array(fc.record({ wish, stale: fc.nat(3), twice: fc.boolean() })), (steps) => {
        const log: DeadLetterEvent[] = [died('a')];
        const fold = (events: readonly DeadLetterEvent[]) =>
          events.reduce(deadLetterDecider.evolve, deadLetterDecider.initialState);
        for (const { wish: wanted, stale, twice } of steps) {
          // An operator may decide from a log that has grown meanwhile.
          const seen = fold(log.slice(0, Math.max(1, log.length - stale)));
          const command = wanted === 'replay' ? replay(replayed(0n)) : discard(discarded(0n));
          const before = fold(log).status;
          const decision = deadLetterDecider.decide(command, seen);
          if (decision.ok) log.push(...decision.value, ...(twice ? decision.value : []));
          expect(before === 'replayed' && fold(log).status !== 'replayed').toBe(false);
        }
        expect(fold([...log, ...log])).toEqual(fold(log));
      }),
    );
  });
});
