import { type Position, unpackPosition } from '@millrace/events';
import type { OnlineRow } from '@millrace/online-store';
import type { DifferenceKind } from '../difference.ts';
import type { BinaryRow } from '../row-binary/row-format.ts';

/** What is read of a row of the offline store. */
export interface OfflineRow {
  readonly row: BinaryRow;
  readonly eventTime: bigint;
  /** Microseconds, exact to the millisecond. */
  readonly recordedAt: bigint;
  readonly position: Position;
  readonly eventId: string;
  readonly deleted: boolean;
}

/** An entity key for which the stores do not have the same row. */
export interface Suspect {
  readonly key: Buffer;
  /** Undefined where the online store has none. */
  readonly online: OnlineRow | undefined;
  /** Undefined where the offline store has none that the bucket knows. */
  readonly offline: OfflineRow | undefined;
  /** The columns that differ, where both have a row. */
  readonly columns: readonly string[];
  /** The online row comes from behind what its bucket knows: there is nothing to compare it with yet. */
  readonly isAhead?: boolean;
}

/** What a suspect most likely is, before the log is asked. */
export function likelyKind({ online, offline }: Suspect): DifferenceKind {
  return online?.position === offline?.position ? 'differing' : 'lost';
}

/** Whether a row comes after another one in the order of the view. */
export function isNewer(
  a: Pick<OnlineRow, 'eventTime' | 'position'>,
  b: Pick<OnlineRow, 'eventTime' | 'position'>,
): boolean {
  return a.eventTime === b.eventTime ? a.position > b.position : a.eventTime > b.eventTime;
}

/** `topic/partition@offset` of a position. */
export function describePlace(topic: string, position: Position): string {
  const { partition, offset } = unpackPosition(position);
  return `${topic}/${partition}@${offset}`;
}
