import { views } from '../load/definitions.ts';
import { sources } from '../load/events.ts';
import type { Ledger } from '../load/ledger.ts';
import type { ShownWinner, Stores } from './stores.ts';

/** What the stores have that the ledger has not, and the other way round. */
export interface LedgerReport {
  /** Events that were acknowledged and have no effect in a store. */
  readonly lost: number;
  /** Effects of events that had one already, and of events that were never sent. */
  readonly doubled: number;
  /** Entities of which the online store has another row than the newest. */
  readonly differences: number;
  /** A few of them, in words. */
  readonly examples: readonly string[];
}

/** What holding stores to a ledger needs to know. */
export interface Held {
  readonly ledger: Ledger;
  readonly stores: Stores;
  /** Whether the gateway's events have ids that the ledger can name: requests carried their keys. */
  readonly withIds: boolean;
}

/** Takes a finding down. */
type Say = (kind: 'lost' | 'doubled', what: string) => void;

const MOST_EXAMPLES_OF_A_KIND = 8;

/**
 * Holds the stores to what was sent: each acknowledged event is shown once by the offline store, nothing else is
 * shown there, and the online store has for each entity one of the events with the greatest event time.
 */
export async function holdToLedger(held: Held): Promise<LedgerReport> {
  const counts = { lost: 0, doubled: 0 };
  const examples: string[] = [];
  const say: Say = (kind, what) => {
    counts[kind] += 1;
    if (counts[kind] <= MOST_EXAMPLES_OF_A_KIND) examples.push(`${kind}: ${what}`);
  };
  await holdOffline(held, say);
  const before = counts.lost + counts.doubled;
  await holdOnline(held, say);
  return { ...counts, differences: counts.lost + counts.doubled - before, examples };
}

async function holdOffline({ ledger, stores, withIds }: Held, say: Say): Promise<void> {
  const shown = new Uint8Array(ledger.events);
  const deletions = new Map<string, number>();
  for (let n = 0; n < ledger.events; n++) {
    if (ledger.isDeletion(n) && isNamed(ledger, n, withIds)) deletions.set(ledger.idOf(n), n);
  }
  for (const source of sources) {
    for await (const events of stores.eventsOf(source)) {
      for (const event of events) {
        const n = event.n ?? deletions.get(event.eventId);
        if (n === undefined) {
          if (withIds) say('doubled', `${source} shows ${event.eventId}, which nobody sent`);
        } else if (ledger.sourceOf(n) !== source)
          say('doubled', `${source} shows ${n}, which is not its own`);
        else if (shown[n] === 1) say('doubled', `${source} shows ${n} again`);
        else if (withIds && ledger.idOf(n) !== event.eventId)
          say('doubled', `${source} shows ${n} as ${event.eventId} instead of ${ledger.idOf(n)}`);
        else shown[n] = 1;
      }
    }
  }
  for (let n = 0; n < ledger.events; n++) {
    const counts = !ledger.isDeletion(n) || isNamed(ledger, n, withIds);
    if (counts && ledger.isAcknowledged(n) && shown[n] === 0)
      say('lost', `${ledger.sourceOf(n)} does not show ${n}`);
  }
}

function isNamed(ledger: Ledger, n: number, withIds: boolean): boolean {
  return withIds || ledger.isDirect(n);
}

async function holdOnline({ ledger, stores, withIds }: Held, say: Say): Promise<void> {
  const winners = await stores.winners();
  for (const { name } of views) {
    const found: ReadonlyMap<number, ShownWinner> = winners.get(name) ?? new Map();
    const expected = ledger.winnersOf(name);
    for (const [entity, { eventTime, events }] of expected) {
      const winner = found.get(entity);
      if (winner === undefined) say('lost', `${name} has no row of entity ${entity}`);
      else if (winner.eventTime < eventTime)
        say('lost', `${name} has an older row of entity ${entity}: ${eventTime - winner.eventTime} µs`);
      else if (winner.eventTime > eventTime || !isOneOf(winner, events, ledger, withIds))
        say(
          'doubled',
          `${name} has ${winner.eventId} for entity ${entity}, which was not sent with its time`,
        );
    }
    for (const entity of found.keys()) {
      if (!expected.has(entity)) say('doubled', `${name} has a row of entity ${entity}, which nobody sent`);
    }
  }
}

function isOneOf(
  { eventId }: ShownWinner,
  events: readonly number[],
  ledger: Ledger,
  withIds: boolean,
): boolean {
  return events.some((n) => !isNamed(ledger, n, withIds) || ledger.idOf(n) === eventId);
}
