import { EventCodec } from '@millrace/event-log';
import { topics } from '@millrace/events';
import { placeName } from '../log-records.ts';
import type { VerificationParts } from '../parts.ts';
import { offlineNext } from '../wait.ts';

const letters = topics.deadLetters.name;

/**
 * The records of a topic that have a dead letter which the offline store does not have yet, by {@link placeName}. A
 * range is said to be stored as soon as its dead letters are in the log; their own rows come later.
 *
 * @throws MillraceError LOG_UNAVAILABLE, REGISTRY_UNAVAILABLE, STORE_UNAVAILABLE
 */
export async function unstoredLetters(parts: VerificationParts, topic: string): Promise<ReadonlySet<string>> {
  const { log, registry } = parts;
  const named = new Set<string>();
  if (!(await log.topicNames()).includes(letters)) return named;
  const stored = await offlineNext(parts)(letters);
  const stretches = (await log.spans(letters)).map(({ partition, first, next }) => {
    const from = stored.get(partition) ?? 0n;
    return { partition, first: from > first ? from : first, next };
  });
  const codec = new EventCodec(registry);
  await log.scan(letters, stretches, async (records) => {
    for (const { value } of records) {
      const decoded = await codec.decodeIfEvent(value);
      if (decoded?.name === 'DeadLettered' && decoded.event.topic === topic)
        named.add(placeName(decoded.event));
    }
  });
  return named;
}
