import { beforeEach, expect, test } from 'vitest';
import { views } from '../load/definitions.ts';
import { eventsOf } from '../load/events.ts';
import { Ledger } from '../load/ledger.ts';
import { holdToLedger } from './hold-to-ledger.ts';
import type { ShownEvent, ShownWinner, Stores } from './stores.ts';

const EVENTS = 200;
const view = views[0].name;

let ledger: Ledger;
let shown: ShownEvent[];
let winners: Map<number, ShownWinner>;

beforeEach(() => {
  ledger = new Ledger();
  const first = ledger.reserve(EVENTS);
  const eventOf = eventsOf(1, 1_700_000_000_000_000, EVENTS);
  for (let n = first; n < first + EVENTS; n++) ledger.sent(eventOf(n, view), n % 2 === 0 ? -1 : n);
  ledger.acknowledge(first, EVENTS);
  shown = Array.from({ length: EVENTS }, (_, n) => ({
    n: ledger.isDeletion(n) ? undefined : n,
    eventId: ledger.idOf(n),
  }));
  winners = new Map();
  for (const [entity, { eventTime, events }] of ledger.winnersOf(view)) {
    winners.set(entity, { eventTime, eventId: ledger.idOf(events[0] ?? -1) });
  }
});

function hold() {
  const stores: Stores = {
    onlineEnds: async () => new Map(),
    offlineEnds: async () => new Map(),
    async *eventsOf(source) {
      if (source === view) yield shown;
    },
    winners: async () => new Map([[view, winners]]),
  };
  return holdToLedger({ ledger, stores, withIds: true });
}

test('stores that have what was sent are right', async () => {
  expect(await hold()).toMatchObject({ lost: 0, doubled: 0, differences: 0, examples: [] });
});

test('an event that is not shown is lost', async () => {
  shown.pop();
  expect(await hold()).toMatchObject({ lost: 1, doubled: 0 });
});

test('an event that is shown again is doubled, and so is one that nobody sent', async () => {
  const [first] = shown;
  if (first !== undefined) shown.push(first);
  shown.push({ n: undefined, eventId: 'somebody' });
  expect(await hold()).toMatchObject({ lost: 0, doubled: 2 });
});

test('an older row, another row and no row of an entity are found', async () => {
  const [older, other, gone] = [...winners.keys()];
  const time = (entity = 0) => winners.get(entity)?.eventTime ?? 0;
  winners.set(older ?? 0, { eventTime: time(older) - 1, eventId: 'older' });
  winners.set(other ?? 0, { eventTime: time(other), eventId: 'other' });
  winners.delete(gone ?? 0);
  expect(await hold()).toMatchObject({ lost: 2, doubled: 1, differences: 3 });
});
