import type { AppendedAt } from '@millrace/event-log';
import type { EventId } from '@millrace/events';
import type { MillraceError } from '@millrace/kernel';
import type { DeadLetterState } from './dead-letter.ts';

/** A dead letter, and where its `DeadLettered` stands in the partition of `dead-letters`. */
export interface DeadLetterPlace {
  readonly id: EventId;
  readonly offset: bigint;
}

/** What a command to one dead letter came to. */
export type DeadLetterOutcome =
  | {
      readonly id: EventId;
      readonly ok: true;
      /** False where it was so already. */
      readonly changed: boolean;
      readonly state: DeadLetterState;
      /** Where this replay put the record. */
      readonly replayedTo?: AppendedAt;
    }
  | { readonly id: EventId; readonly ok: false; readonly error: MillraceError };
