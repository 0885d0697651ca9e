import type { DeadLetterDiscarded, DeadLettered, DeadLetterReplayed, Envelope } from '@millrace/events';
import { err, ok, type Result } from '@millrace/kernel';
import type { Decider, Refusal } from '@millrace/model-lifecycle';

/** What every command brings for the event that it leads to. */
interface Command {
  readonly envelope: Envelope;
  /** The id of the dead letter. */
  readonly deadLetterId: string;
  /** Who gives it. */
  readonly by: string;
}

/** Records that the record of a dead letter was appended once more. */
export interface ReplayDeadLetter extends Command {
  readonly type: 'ReplayDeadLetter';
  /** Where it stands now. */
  readonly replayedTo: { readonly topic: string; readonly partition: number; readonly offset: bigint };
  readonly reason: string | null;
}

/** Decides that the record of a dead letter needs not be processed. */
export interface DiscardDeadLetter extends Command {
  readonly type: 'DiscardDeadLetter';
  readonly reason: string;
}

/** A command to one dead letter. */
export type DeadLetterCommand = ReplayDeadLetter | DiscardDeadLetter;

/** An event of the stream of one dead letter, with its name. */
export type DeadLetterEvent =
  | { readonly name: 'DeadLettered'; readonly event: DeadLettered }
  | { readonly name: 'DeadLetterReplayed'; readonly event: DeadLetterReplayed }
  | { readonly name: 'DeadLetterDiscarded'; readonly event: DeadLetterDiscarded };

/** What became of a dead letter. */
export type DeadLetterStatus = 'unknown' | 'open' | 'replayed' | 'discarded';

/** The stream of one dead letter, folded. */
export interface DeadLetterState {
  /** How many events counted. */
  readonly streamVersion: bigint;
  readonly status: DeadLetterStatus;
  /** Where the record is that died. */
  readonly source: { readonly topic: string; readonly partition: number; readonly offset: bigint };
}

/** The codes with which a command to a dead letter is refused. */
export type DeadLetterRefusalCode =
  | 'DEAD_LETTER_REASON_MISSING'
  | 'DEAD_LETTER_REPLAYED'
  | 'DEAD_LETTER_UNKNOWN';

type Refused = Refusal<DeadLetterRefusalCode>;
/** The events that a command leads to, or why it is refused. */
export type DeadLetterDecision = Result<readonly DeadLetterEvent[], Refused>;

/**
 * The life of one dead letter: it is open until it is replayed, which is the end of it, or discarded, which a replay
 * can take back. A replay that fails again is a dead letter of its own, at the new offset. Sending a command again
 * changes nothing.
 */
export const deadLetterDecider: Decider<
  DeadLetterState,
  DeadLetterCommand,
  DeadLetterEvent,
  DeadLetterRefusalCode
> = {
  initialState: { streamVersion: 0n, status: 'unknown', source: { topic: '', partition: 0, offset: 0n } },
  evolve: evolveDeadLetter,
  decide(command, state) {
    switch (command.type) {
      case 'ReplayDeadLetter':
        return replay(command, state);
      case 'DiscardDeadLetter':
        return discard(command, state);
      default:
        return command satisfies never;
    }
  },
};

/**
 * Whether a record is still to be appended for a dead letter: asked before it is, because the event of a replay says
 * where the record came to stand.
 */
export function mayReplay(deadLetterId: string, { status }: DeadLetterState): Result<boolean, Refused> {
  return status === 'unknown' ? unknown(deadLetterId) : ok(status !== 'replayed');
}

function replay(command: ReplayDeadLetter, state: DeadLetterState): DeadLetterDecision {
  const { envelope, deadLetterId, by, reason, replayedTo } = command;
  const wanted = mayReplay(deadLetterId, state);
  if (!wanted.ok) return wanted;
  if (!wanted.value) return ok([]);
  const event: DeadLetterReplayed = {
    envelope,
    deadLetterId,
    streamVersion: state.streamVersion + 1n,
    ...state.source,
    replayedTopic: replayedTo.topic,
    replayedPartition: replayedTo.partition,
    replayedOffset: replayedTo.offset,
    by,
    reason,
  };
  return ok([{ name: 'DeadLetterReplayed', event }]);
}

function discard(
  { envelope, deadLetterId, by, reason }: DiscardDeadLetter,
  state: DeadLetterState,
): DeadLetterDecision {
  if (reason.trim() === '') {
    return err({
      code: 'DEAD_LETTER_REASON_MISSING',
      message: 'say why the record needs not be processed; it will not be in the stores',
    });
  }
  if (state.status === 'unknown') return unknown(deadLetterId);
  if (state.status === 'discarded') return ok([]);
  if (state.status === 'replayed') {
    return err({
      code: 'DEAD_LETTER_REPLAYED',
      message: `${deadLetterId} was replayed: what became of the record is seen at its new place`,
    });
  }
  const streamVersion = state.streamVersion + 1n;
  return ok([
    {
      name: 'DeadLetterDiscarded',
      event: { envelope, deadLetterId, streamVersion, ...state.source, by, reason },
    },
  ]);
}

function unknown(deadLetterId: string): Result<never, Refused> {
  return err({ code: 'DEAD_LETTER_UNKNOWN', message: `there is no dead letter ${deadLetterId}` });
}

/**
 * Takes in one event. One whose stream version is already taken does not count, and the same state comes back: of two
 * operators at once the first in the log has decided. So does a dead letter that both projectors wrote.
 */
function evolveDeadLetter(state: DeadLetterState, { name, event }: DeadLetterEvent): DeadLetterState {
  const streamVersion = name === 'DeadLettered' ? 1n : event.streamVersion;
  if (streamVersion !== state.streamVersion + 1n) return state;
  const { topic, partition, offset } = event;
  return { streamVersion, status: statusAfter[name], source: { topic, partition, offset } };
}

const statusAfter = {
  DeadLettered: 'open',
  DeadLetterReplayed: 'replayed',
  DeadLetterDiscarded: 'discarded',
} as const satisfies Record<DeadLetterEvent['name'], DeadLetterStatus>;
