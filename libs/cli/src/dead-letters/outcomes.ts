import type { DeadLetterOutcome } from '@millrace/processing';
import type { EventId } from '@millrace/events';
import { table } from '../io/table.ts';
import { placeText } from './name-letters.ts';

/** What a command to several dead letters came to. */
export interface Outcomes {
  readonly changed: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly outcomes: readonly OutcomeAnswer[];
}

interface OutcomeAnswer {
  readonly id: EventId;
  readonly changed: boolean;
  readonly state?: string;
  readonly place?: string;
  readonly replayedTo?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Sums outcomes up. */
export function outcomesOf(all: readonly DeadLetterOutcome[]): Outcomes {
  const outcomes = all.map(answerOf);
  const failed = outcomes.filter(({ error }) => error !== undefined).length;
  const changed = outcomes.filter((outcome) => outcome.changed).length;
  return { changed, unchanged: outcomes.length - changed - failed, failed, outcomes };
}

function answerOf(outcome: DeadLetterOutcome): OutcomeAnswer {
  const { id } = outcome;
  if (!outcome.ok) {
    const { code, message } = outcome.error;
    return { id, changed: false, error: { code, message } };
  }
  const { changed, state, replayedTo } = outcome;
  return {
    id,
    changed,
    state: state.status,
    place: placeText(state.source),
    ...(replayedTo === undefined ? {} : { replayedTo: placeText(replayedTo) }),
  };
}

const SHOWN = 20;

/** Outcomes for people: what failed first, and no more than a screen of them. */
export function outcomesText(done: string, { changed, unchanged, failed, outcomes }: Outcomes): string {
  const interesting = outcomes.toSorted(
    (a, b) => Number(b.error !== undefined) - Number(a.error !== undefined),
  );
  const rows = interesting
    .slice(0, SHOWN)
    .map(({ id, place = '', state = '', changed: isChanged, replayedTo, error }) => [
      id,
      place,
      error === undefined
        ? `${isChanged ? '' : 'already '}${state}${replayedTo === undefined ? '' : ` to ${replayedTo}`}`
        : `${error.code}: ${error.message}`,
    ]);
  const sum = `${changed} ${done}, ${unchanged} were so already, ${failed} refused`;
  const more = outcomes.length > SHOWN ? [`… and ${outcomes.length - SHOWN} more`] : [];
  return [
    ...(rows.length === 0 ? [] : [table(['DEAD LETTER', 'RECORD', 'OUTCOME'], rows)]),
    ...more,
    sum,
  ].join('\n');
}
