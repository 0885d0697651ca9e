import type { IHeaders } from 'kafkajs';
import { type EventId, parseEventId } from '@millrace/events';

/** The header that says which dead letter a record replays; key and value stay as they were. */
const REPLAY_OF = 'millrace-replay-of';

/** The headers of a replay. */
export function replayHeaders(deadLetter: EventId): IHeaders {
  return { [REPLAY_OF]: deadLetter };
}

/** The dead letter that a record replays, by its headers; anybody can write them, so only an id counts. */
export function replayOfIn(headers: IHeaders | undefined): EventId | undefined {
  const header = headers?.[REPLAY_OF];
  return header === undefined || Array.isArray(header) ? undefined : parseEventId(String(header));
}
