import type { EventCodec, LogWriter, RecordToAppend } from '@millrace/event-log';
import { type Envelope, type EventId, newEventId, topics } from '@millrace/events';
import { type Clock, MillraceError } from '@millrace/kernel';
import type { DeadLetterDecision, DeadLetterEvent, DeadLetterState } from './dead-letter.ts';
import type { FollowedDeadLetters } from './follow-dead-letters.ts';
import type { DeadLetterOutcome } from './outcome.ts';

/** What carrying out commands to dead letters needs. */
export interface HandleDependencies {
  readonly log: LogWriter;
  readonly codec: EventCodec;
  readonly clock: Clock;
  readonly followed: FollowedDeadLetters;
  /** The service that gives the commands, for the envelope of the events. */
  readonly service: string;
  /** How often others may be first. */
  readonly attempts: number;
}

interface Decided {
  readonly id: EventId;
  readonly eventId: string;
  readonly record: RecordToAppend;
}

/**
 * Decides for each dead letter, appends the events and answers only after they were read back: one that another
 * operator was ahead of is decided again from what is then so.
 *
 * @throws MillraceError LOG_UNAVAILABLE, REGISTRY_UNAVAILABLE
 */
export async function handleDeadLetters(
  ids: readonly EventId[],
  decide: (id: EventId, state: DeadLetterState, envelope: Envelope) => DeadLetterDecision,
  { log, codec, clock, followed, service, attempts }: HandleDependencies,
): Promise<ReadonlyMap<EventId, DeadLetterOutcome>> {
  const outcomes = new Map<EventId, DeadLetterOutcome>();
  const producer = { service, version: null, commit: null };
  let open = ids;
  for (let attempt = 0; attempt < attempts && open.length > 0; attempt += 1) {
    await followed.caughtUp();
    const decided: Decided[] = [];
    for (const id of open) {
      const envelope = { eventId: newEventId(), eventTime: clock.now(), producer, traceparent: null };
      const state = followed.state(id);
      const decision = decide(id, state, envelope);
      if (!decision.ok) {
        const { code, message } = decision.error;
        outcomes.set(id, { id, ok: false, error: new MillraceError(code, message) });
        continue;
      }
      const [event] = decision.value;
      if (event === undefined) outcomes.set(id, { id, ok: true, changed: false, state });
      else decided.push({ id, eventId: envelope.eventId, record: await recordOf(id, event, codec) });
    }
    const places = await log.append(decided.map(({ record }) => record));
    const last = places.at(-1);
    if (last !== undefined) await followed.caughtUp(last);
    for (const { id, eventId } of decided) {
      if (followed.counted(eventId))
        outcomes.set(id, { id, ok: true, changed: true, state: followed.state(id) });
    }
    open = open.filter((id) => !outcomes.has(id));
  }
  for (const id of open) {
    const message = `others changed dead letter ${id} first, ${attempts} times; try again`;
    outcomes.set(id, { id, ok: false, error: new MillraceError('CONFLICT', message) });
  }
  return outcomes;
}

async function recordOf(id: EventId, happened: DeadLetterEvent, codec: EventCodec): Promise<RecordToAppend> {
  const topic = topics.deadLetters.name;
  return { topic, key: Buffer.from(id), value: await encode(topic, happened, codec) };
}

function encode(topic: string, happened: DeadLetterEvent, codec: EventCodec): Promise<Buffer> {
  switch (happened.name) {
    case 'DeadLettered':
      return codec.encode(topic, happened.name, happened.event);
    case 'DeadLetterReplayed':
      return codec.encode(topic, happened.name, happened.event);
    case 'DeadLetterDiscarded':
      return codec.encode(topic, happened.name, happened.event);
    default:
      return happened satisfies never;
  }
}
