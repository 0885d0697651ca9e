import type { EncodedBatch } from './encoded-batch.ts';

/** A batch that waits to be stored. */
export interface PendingBatch {
  readonly encoded: EncodedBatch;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What may be done with a batch right now. */
export type Standing =
  /** It is this consumer's: it may be stored. */
  | 'current'
  /** It may be this consumer's still: it waits. Thrown away, nobody would fetch it again. */
  | 'open'
  /** It never will be this consumer's again: whoever has the partition now fetches it. */
  | 'over';

/** See {@link Standing}. */
export function standingOf({ encoded: { batch } }: PendingBatch): Standing {
  if (batch.isCurrent()) return 'current';
  return (batch.isOver?.() ?? true) ? 'over' : 'open';
}
