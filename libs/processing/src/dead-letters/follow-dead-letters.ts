import type { AppendedAt, EventCodec, LifecycleEvent, LogReader } from '@millrace/event-log';
import { topics } from '@millrace/events';
import type { Running } from '@millrace/kernel';
import { deadLetterDecider, type DeadLetterEvent, type DeadLetterState } from './dead-letter.ts';

/** Some dead letters, as far as the log was read. */
export interface FollowedDeadLetters {
  state(deadLetterId: string): DeadLetterState;
  /** Whether the event with this id counted in the life of a dead letter. */
  counted(eventId: string): boolean;
  caughtUp(position?: AppendedAt): Promise<void>;
}

/** How to follow dead letters. */
export interface FollowDeadLettersOptions {
  readonly log: LogReader;
  readonly codec: EventCodec;
  /** Those that are followed; nothing is kept of others. */
  readonly ids: ReadonlySet<string>;
  /** Where the first of them stands in the partition of `dead-letters`. */
  readonly from: bigint;
  onFailure(error: unknown): void;
}

/** Follows the `dead-letters` topic and folds the lives of some dead letters. */
export async function followDeadLetters({
  log,
  codec,
  ids,
  from,
  onFailure,
}: FollowDeadLettersOptions): Promise<Running<FollowedDeadLetters>> {
  const states = new Map<string, DeadLetterState>();
  const counted = new Set<string>();
  const following = await log.follow({
    topic: topics.deadLetters.name,
    from: new Map([[0, from]]),
    onFailure,
    async onRecord({ value }) {
      const decoded = await codec.decodeIfEvent(value);
      const happened = decoded === undefined ? undefined : deadLetterEventOf(decoded);
      if (happened === undefined) return;
      const id = deadLetterOf(happened);
      if (!ids.has(id)) return;
      const before = states.get(id) ?? deadLetterDecider.initialState;
      const after = deadLetterDecider.evolve(before, happened);
      if (after === before) return;
      states.set(id, after);
      counted.add(happened.event.envelope.eventId);
    },
  });
  return {
    value: {
      state: (id) => states.get(id) ?? deadLetterDecider.initialState,
      counted: (eventId) => counted.has(eventId),
      caughtUp: (position) => following.value.caughtUp(position),
    },
    stop: () => following.stop(),
  };
}

function deadLetterEventOf(decoded: LifecycleEvent): DeadLetterEvent | undefined {
  const { name } = decoded;
  if (name === 'DeadLettered' || name === 'DeadLetterReplayed' || name === 'DeadLetterDiscarded')
    return decoded;
  return undefined;
}

function deadLetterOf({ name, event }: DeadLetterEvent): string {
  return name === 'DeadLettered' ? event.envelope.eventId : event.deadLetterId;
}
