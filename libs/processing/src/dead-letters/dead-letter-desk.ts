import type { AppendedAt, EventCodec, LogAdmin, LogReader, LogScanner, LogWriter } from '@millrace/event-log';
import type { Envelope, EventId } from '@millrace/events';
import { type Clock, MillraceError, ok, type Running } from '@millrace/kernel';
import {
  deadLetterDecider,
  type DeadLetterDecision,
  type DeadLetterState,
  mayReplay,
} from './dead-letter.ts';
import { appendReplays } from './append-replays.ts';
import { followDeadLetters } from './follow-dead-letters.ts';
import { type HandleDependencies, handleDeadLetters } from './handle.ts';
import type { DeadLetterOutcome, DeadLetterPlace } from './outcome.ts';

/** Who gives a command, and why. */
export interface DeadLetterOrder {
  readonly by: string;
  readonly reason: string | null;
}

/** Where operators deal with dead letters; any number may be open at once. */
export interface DeadLetterDesk {
  /**
   * Appends the records once more, each to its own topic and partition, and records it. A record keeps its event id
   * and so has its effect once, however often it is appended: a replay that broke off is repeated.
   *
   * @returns an outcome for each, in their order.
   * @throws MillraceError LOG_UNAVAILABLE, REGISTRY_UNAVAILABLE; what is wrong with one alone is its outcome.
   */
  replay(letters: readonly DeadLetterPlace[], order: DeadLetterOrder): Promise<readonly DeadLetterOutcome[]>;
  /** Records that the records need not be processed. As {@link replay}. */
  discard(letters: readonly DeadLetterPlace[], order: DeadLetterOrder): Promise<readonly DeadLetterOutcome[]>;
}

/** What a desk works with. */
export interface DeadLetterDeskOptions {
  readonly log: LogWriter & LogReader & LogScanner & Pick<LogAdmin, 'read'>;
  readonly codec: EventCodec;
  readonly clock: Clock;
  /** The dead letters that it is opened for. */
  readonly letters: readonly DeadLetterPlace[];
  /** The service that gives the commands, for the envelope of the events. */
  readonly service: string;
  /** How often others may be first. @default 5 */
  readonly attempts?: number;
}

/** Opens a desk for some dead letters. */
export async function openDeadLetterDesk({
  letters,
  attempts = 5,
  ...rest
}: DeadLetterDeskOptions): Promise<Running<DeadLetterDesk>> {
  const following = await followDeadLetters({
    ...rest,
    ids: new Set(letters.map(({ id }) => id)),
    from: letters.reduce((least, { offset }) => (offset < least ? offset : least), letters[0]?.offset ?? 0n),
    // Whoever waits for it is told the same.
    onFailure: () => undefined,
  });
  const followed = following.value;
  const dependencies: HandleDependencies = { ...rest, followed, attempts };
  return {
    value: {
      async replay(wanted, order) {
        await followed.caughtUp();
        const due = wanted.filter(({ id }) => {
          const wish = mayReplay(id, followed.state(id));
          return wish.ok && wish.value;
        });
        const appended = await appendReplays(due, rest);
        const handled = await handleDeadLetters(
          wanted.map(({ id }) => id).filter((id) => !(appended.get(id) instanceof MillraceError)),
          (id, state, envelope) => decideReplay(id, state, envelope, order, appended.get(id)),
          dependencies,
        );
        return wanted.flatMap(({ id }) => replayOutcome(id, handled.get(id), appended.get(id)));
      },
      async discard(wanted, { by, reason }) {
        const handled = await handleDeadLetters(
          wanted.map(({ id }) => id),
          (deadLetterId, state, envelope) => {
            const type = 'DiscardDeadLetter';
            return deadLetterDecider.decide(
              { type, envelope, deadLetterId, by, reason: reason ?? '' },
              state,
            );
          },
          dependencies,
        );
        return wanted.flatMap(({ id }) => handled.get(id) ?? []);
      },
    },
    stop: () => following.stop(),
  };
}

/** Without a record that was appended there is nothing to record: the dead letter was replayed before, or is none. */
function decideReplay(
  deadLetterId: EventId,
  state: DeadLetterState,
  envelope: Envelope,
  order: DeadLetterOrder,
  replayedTo: AppendedAt | MillraceError | undefined,
): DeadLetterDecision {
  if (replayedTo === undefined || replayedTo instanceof MillraceError) {
    const wish = mayReplay(deadLetterId, state);
    return wish.ok ? ok([]) : wish;
  }
  return deadLetterDecider.decide(
    { type: 'ReplayDeadLetter', envelope, deadLetterId, replayedTo, ...order },
    state,
  );
}

function replayOutcome(
  id: EventId,
  handled: DeadLetterOutcome | undefined,
  replayedTo: AppendedAt | MillraceError | undefined,
): readonly DeadLetterOutcome[] {
  if (replayedTo instanceof MillraceError) return [{ id, ok: false, error: replayedTo }];
  if (handled === undefined) return [];
  return [handled.ok && handled.changed && replayedTo !== undefined ? { ...handled, replayedTo } : handled];
}
