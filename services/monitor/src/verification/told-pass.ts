import type { EventCodec, LogAdmin, LogScanner } from '@millrace/event-log';
import { type StoresVerified, topics } from '@millrace/events';
import type { PartScope } from './parts.ts';
import type { ToldPass } from './pass.ts';

/** What an event about a pass, not about one part of it, has as its subject. */
export const WHOLE_PASS = 'all';

/** Records before the end of each partition in which the last pass is looked for; a pass is told more often. */
const TAIL = 2_000n;

/**
 * What the log tells of the last pass over some stores, so that it can be gone on with.
 *
 * @throws MillraceError LOG_UNAVAILABLE, REGISTRY_UNAVAILABLE
 */
export async function readToldPass(
  log: Pick<LogAdmin, 'spans' | 'topicNames'> & LogScanner,
  codec: EventCodec,
  stores: string,
): Promise<ToldPass> {
  const { name } = topics.verifications;
  if (!(await log.topicNames()).includes(name)) return new Map();
  const stretches = (await log.spans(name)).map(({ partition, first, next }) => ({
    partition,
    first: next - TAIL > first ? next - TAIL : first,
    next,
  }));
  const told: StoresVerified[] = [];
  await log.scan(name, stretches, async (records) => {
    for (const { value } of records) {
      const decoded = await codec.decodeIfEvent(value);
      if (decoded?.name === 'StoresVerified') told.push(decoded.event);
    }
  });
  return lastPassOf(told, stores);
}

/** The newest event of each scope of the newest pass over some stores. */
export function lastPassOf(told: readonly StoresVerified[], stores: string): ToldPass {
  const mine = told.filter((event) => event.stores === stores && event.subject === WHOLE_PASS);
  const newest = mine.reduce<StoresVerified | undefined>(
    (last, event) => (last === undefined || event.startedAt > last.startedAt ? event : last),
    undefined,
  );
  const pass = new Map<PartScope, StoresVerified>();
  for (const event of mine) {
    const { kind: scope, runId, startedAt, finishedAt } = event;
    // Another instance's pass may have the same name.
    if (runId !== newest?.runId || startedAt !== newest.startedAt) continue;
    if (scope !== 'conservation' && scope !== 'parity') continue;
    const before = pass.get(scope);
    if (before === undefined || finishedAt > before.finishedAt) pass.set(scope, event);
  }
  return pass;
}
