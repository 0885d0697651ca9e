import type { RecordToAppend } from '@millrace/event-log';
import { frame } from '@millrace/events';
import type { Chance } from '../random.ts';

/** A record of a topic that nobody can read: without a frame, of a schema that is not there, or cut off. */
export function malformedRecord(topic: string, chance: Chance): RecordToAppend {
  const bytes = Buffer.from(Array.from({ length: 3 + chance.below(40) }, () => chance.below(256)));
  const key = Buffer.from([chance.below(256), chance.below(256)]);
  // A first byte other than 0 is no frame.
  bytes[0] = 1 + chance.below(255);
  return {
    topic,
    key,
    value: chance.next() < 0.5 ? bytes : frame(2_000_000_000 + chance.below(1000), bytes),
  };
}
