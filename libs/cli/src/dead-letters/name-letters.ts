import { type EventId, parseEventId } from '@millrace/events';
import { deadLetterId } from '@millrace/processing';
import { InvalidArgumentError } from 'commander';

const PLACE = /^(?<topic>[A-Za-z0-9._-]+)\/(?<partition>\d{1,5})@(?<offset>\d{1,19})$/;

/** A dead letter as it is named on the command line: its id, or where its record is. */
export function parseLetter(text: string): EventId {
  const id = parseEventId(text);
  if (id !== undefined) return id;
  const { topic, partition, offset } = PLACE.exec(text)?.groups ?? {};
  if (topic === undefined || partition === undefined || offset === undefined)
    throw new InvalidArgumentError('It must be the id of a dead letter or topic/partition@offset.');
  return deadLetterId({ topic, partition: Number(partition), offset: BigInt(offset) });
}

/** Several of them. */
export function parseLetters(text: string, before: readonly EventId[] = []): readonly EventId[] {
  return [...before, parseLetter(text)];
}

/** Where a record is, as people write it. */
export function placeText(place: {
  readonly topic: string;
  readonly partition: number | null;
  readonly offset: bigint | null;
}): string {
  return `${place.topic}/${place.partition}@${place.offset}`;
}
