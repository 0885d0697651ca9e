import { newestRows, firstCopies, type Recorded } from '../events/recorded.ts';
import type { Producers } from '../events/recorded.ts';
import { topics } from '../events/definitions.ts';
import { promised } from '../core/violation.ts';
import type { World, WorldParts } from '../core/world.ts';
import type { Generation } from '@millrace/processing';
import { Rebuilds } from '../core/rebuilds.ts';
import { LetterBox, simulatedDeadLetters } from '../events/letters.ts';
import { isRowOf, SimulatedClickHouse, tableOf } from './simulated-clickhouse.ts';
import { simulatedGenerations } from './simulated-generations.ts';
import { GRACE_MS, type ReadServer, SnapshotReader } from './snapshot-reader.ts';
import { type OfflineProjectedStore, simulatedOfflineStore } from './simulated-offline-store.ts';
import { startOffline } from './start-offline.ts';
import type { StoredRow } from './stored-row.ts';

/** What mutants have wrong. */
export interface OfflineFlaws {
  /** Changes what projectors see of the store. @default nothing */
  readonly distort?: (store: OfflineProjectedStore, server: SimulatedClickHouse) => OfflineProjectedStore;
  /** Changes what readers see of the server. @default nothing */
  readonly misread?: (server: SimulatedClickHouse) => ReadServer;
  /** For how long a generation is fed that was live, in milliseconds; twice that, and it is dropped. @default {@link GRACE_MS} */
  readonly graceMs?: number;
}

/** The offline projector over a simulated ClickHouse. */
export function offlineWorld(
  { scheduler, random, cluster, producers }: WorldParts,
  { distort = (store) => store, misread = (server) => server, graceMs = GRACE_MS }: OfflineFlaws = {},
): World {
  const letters = new LetterBox();
  const server = new SimulatedClickHouse(producers, letters, { storesTwice: () => random.chance(0.5) });
  const generations = simulatedGenerations(server, scheduler.clock, async (_action, perform) => perform());
  const rebuilds = new Rebuilds(cluster.log, random, generations, (topic, number, partition) =>
    server.next(topic, partition, number),
  );
  let known: readonly Generation[] = [];
  const liveOf = (topic: string) => server.live(topic);
  let broken: unknown;
  for (let reader = random.pick([0, 1, 1, 2]); reader > 0; reader--) {
    new SnapshotReader({
      name: `reader-${reader}`,
      scheduler,
      random: random.fork(),
      server: misread(server),
      producers,
    })
      .run()
      .catch((error: unknown) => {
        broken ??= error;
      });
  }
  return {
    name: 'offline',
    incidents: [],
    start: (process, onFailure) =>
      startOffline({
        log: cluster.seenBy(process),
        store: distort(simulatedOfflineStore(server, scheduler, process), server),
        deadLetters: simulatedDeadLetters(letters, producers, scheduler, process),
        timers: scheduler.timersOf(process),
        clock: scheduler.clock,
        graceMs,
        onFailure,
      }),
    rebuild: () => rebuilds.ask(),
    async check() {
      if (broken !== undefined) throw broken;
      known = await generations.list();
      rebuilds.check(known);
    },
    isCaughtUp: () =>
      known.every(({ state }) => state === 'live') &&
      topics.every((topic) =>
        [...cluster.log.lastRecords(topic)].every(
          ([partition, last]) => server.next(topic, partition, liveOf(topic)) > last,
        ),
      ),
    checkEnd() {
      for (const topic of topics) {
        checkTopic(topic, server.rows(tableOf(topic, liveOf(topic))), producers);
        const shown = server.shown(topic);
        promised(
          'names lead to what is live',
          shown === undefined || shown === liveOf(topic),
          () => `${topic} leads to generation ${shown}`,
        );
      }
      for (const letter of producers.letters)
        promised(
          'nothing is lost',
          letters.has(letter),
          () => `no dead letter of ${letter.topic}/${letter.partition}@${letter.offset}`,
        );
    },
  };
}

/** Rows of a topic against the log: each record once, each event once, and the newest of each entity the right one. */
function checkTopic(topic: string, rows: readonly StoredRow[], producers: Producers): void {
  const recorded = producers.rows.filter((row) => row.topic === topic);
  const stored = new Map<string, StoredRow>();
  for (const row of rows) stored.set(`${row.partition}@${row.offset}`, row);
  const kept: Recorded[] = [];
  for (const row of recorded) {
    const place = `${row.partition}@${row.offset}`;
    const found = stored.get(place);
    promised('nothing is lost', found !== undefined, () => `${topic}/${place} has no row`);
    promised(
      'rows are what the log has',
      found !== undefined && isRowOf(found, row),
      () => `${topic}/${place} differs`,
    );
    if (found !== undefined) kept.push(row);
  }
  promised(
    'nothing is made up',
    stored.size === recorded.length,
    () => `${topic} has ${stored.size} places, the log ${recorded.length}`,
  );
  const once = firstCopies(kept);
  promised(
    'each event counts once',
    once.length === new Set(recorded.map(({ eventId }) => eventId)).size,
    () => topic,
  );
  newestRows(recorded, () => true);
}
