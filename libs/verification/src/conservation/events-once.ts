import { setTimeout as pause } from 'node:timers/promises';
import type { Difference, DifferenceTally } from '../difference.ts';
import type { KeptTopic, StoredTopic } from '../kept-topics.ts';
import type { VerificationParts } from '../parts.ts';
import type { NextOffsets } from '../wait.ts';
import {
  countSeen,
  distinctEvents,
  type MiscountedEvent,
  neverSeen,
  rowCount,
  seenTwice,
} from './once-queries.ts';

/** Event ids that are looked at together: a set of them takes some hundred megabytes. */
const IDS_AT_ONCE = 8_000_000;

/** Parts of a query are not read at one instant: what is found is looked for once more. */
const AGAIN_AFTER_MS = 500;

/**
 * Checks that the view for analysts shows each event once, and every event that is known. Writes may go on.
 *
 * @returns how many events the view shows.
 */
export async function verifyEventsOnce(
  { clickhouse }: Pick<VerificationParts, 'clickhouse'>,
  kept: StoredTopic,
  known: NextOffsets,
  differences: DifferenceTally,
): Promise<number> {
  const parts = Math.max(1, Math.ceil((await rowCount(clickhouse, kept.table)) / IDS_AT_ONCE));
  let events = 0;
  for (let index = 0; index < parts; index += 1) {
    const before = await distinctEvents(clickhouse, kept, parts, index);
    const { seen, distinct } = await countSeen(clickhouse, kept, parts, index);
    const after = await distinctEvents(clickhouse, kept, parts, index);
    events += distinct;
    if (seen !== distinct) {
      const twice = await lasting(() => seenTwice(clickhouse, kept, parts, index));
      for (const event of twice) differences.add(shownTwice(kept, event));
    }
    if (kept.showsAll && !(before === distinct && distinct === after)) {
      const condition = knownRecords(kept, known);
      const never = await lasting(() => neverSeen(clickhouse, kept, condition, parts, index));
      for (const event of never) differences.add(notShown(kept, event));
    }
  }
  return events;
}

async function lasting(find: () => Promise<readonly MiscountedEvent[]>): Promise<readonly MiscountedEvent[]> {
  const found = await find();
  if (found.length === 0) return found;
  await pause(AGAIN_AFTER_MS);
  const ids = new Set(found.map(({ event_id: id }) => id));
  return (await find()).filter(({ event_id: id }) => ids.has(id));
}

function knownRecords({ epoch }: KeptTopic, known: NextOffsets): string {
  const each = [...known].map(([partition, next]) => `(partition = ${partition} AND offset < ${next})`);
  return `epoch = ${epoch} AND (${each.join(' OR ') || '0'})`;
}

function shownTwice({ topic, view }: KeptTopic, event: MiscountedEvent): Difference {
  return {
    ...ofEvent(topic, view, event),
    kind: 'doubled',
    cause: `the view ${view} shows the event ${event.seen} times`,
  };
}

function notShown({ topic, view }: KeptTopic, event: MiscountedEvent): Difference {
  return { ...ofEvent(topic, view, event), kind: 'lost', cause: `the view ${view} does not show the event` };
}

function ofEvent(topic: string, subject: string, event: MiscountedEvent) {
  const { first_partition: partition, first_offset: offset, event_id: eventId } = event;
  return {
    store: 'offline' as const,
    subject,
    entityKey: null,
    column: null,
    online: null,
    offline: null,
    origin: { topic, partition, offset, eventId },
  };
}
