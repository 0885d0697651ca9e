import { MillraceError, pause, type Timers } from '@millrace/kernel';
import type { Process } from '../core/process.ts';
import type { Random } from '../core/random.ts';
import { Answer, type Scheduler } from '../core/scheduler.ts';
import { promised } from '../core/violation.ts';
import { topics } from '../events/definitions.ts';
import type { Producers } from '../events/recorded.ts';
import { isRowOf, type SimulatedClickHouse, tableOf } from './simulated-clickhouse.ts';
import type { Ask } from './simulated-generations.ts';
import { statementsOf } from './simulated-offline-store.ts';

/** What is read of the server. */
export type ReadServer = Pick<SimulatedClickHouse, 'live' | 'applied' | 'hasTable' | 'rows'>;

/** What a reader of snapshots stands on. */
export interface SnapshotReaderParts {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly server: ReadServer;
  readonly producers: Producers;
}

/** For how long a generation is fed that was live, in milliseconds; twice that, and it is dropped. */
export const GRACE_MS = 3_000;

/** Milliseconds between two steps of a snapshot, at most. */
const STOPS_MS = [0, 300, 3_000, 10_000];
const PAUSE_MS = 2_000;

/**
 * Makes snapshots as the offline store does: which generations are live, what these hold, and then their rows at or
 * below that, each step at another time.
 */
export class SnapshotReader {
  readonly #parts: SnapshotReaderParts;
  readonly #timers: Timers;
  readonly #ask: Ask;

  constructor(parts: SnapshotReaderParts) {
    this.#parts = parts;
    const process: Process = { name: parts.name, alive: true };
    this.#timers = parts.scheduler.timersOf(process);
    this.#ask = statementsOf(parts.scheduler, process);
  }

  /** Reads for ever. @throws Violation */
  async run(): Promise<never> {
    for (;;) {
      await this.#stop(PAUSE_MS);
      try {
        await this.#snapshot();
      } catch (error) {
        if (!(error instanceof MillraceError && error.retry)) throw error;
      }
    }
  }

  async #snapshot(): Promise<void> {
    const { server, random, scheduler } = this.#parts;
    const wanted = random.chance(0.5) ? topics : [random.pick(topics)];
    const live = await this.#ask('which generations are live', () =>
      wanted.map((topic) => ({ topic, number: server.live(topic) })),
    );
    const begun = scheduler.now;
    await this.#stop(random.pick(STOPS_MS));
    const vector = await this.#ask('what they hold', () =>
      live.map(({ topic, number }) => server.applied(topic, number)),
    );
    for (const [index, { topic, number }] of live.entries()) {
      await this.#stop(random.pick(STOPS_MS));
      await this.#read(topic, number, vector[index] ?? new Map(), begun);
    }
  }

  async #read(
    topic: string,
    number: number,
    next: ReadonlyMap<number, bigint>,
    begun: number,
  ): Promise<void> {
    const { server, producers, scheduler } = this.#parts;
    const table = tableOf(topic, number);
    await this.#ask(`read ${table} before ${[...next].map(([p, end]) => `${p}@${end}`).join(' ')}`, () => {
      if (!server.hasTable(table)) {
        promised(
          'a snapshot has a grace',
          // Of a topic that was never written there is no table.
          next.size === 0 || scheduler.now - begun >= 2 * GRACE_MS,
          () => `${table} is dropped ${scheduler.now - begun} ms after a snapshot began with it`,
        );
        throw new Answer(gone(table));
      }
      const rows = new Map(server.rows(table).map((row) => [`${row.partition}@${row.offset}`, row]));
      for (const recorded of producers.rows) {
        const { partition, offset } = recorded;
        if (recorded.topic !== topic || offset >= (next.get(partition) ?? 0n)) continue;
        const row = rows.get(`${partition}@${offset}`);
        promised(
          'a snapshot has every row at or below its vector',
          row !== undefined && isRowOf(row, recorded),
          () => `${table} gives no right row of ${topic}/${partition}@${offset}`,
        );
      }
    });
  }

  async #stop(longest: number): Promise<void> {
    if (longest > 0) await pause(this.#timers, this.#parts.random.between(10, longest));
  }
}

/** As ClickHouse's answer that there is no such table: a rebuild took its place. */
function gone(table: string): MillraceError {
  return new MillraceError('STORE_UNAVAILABLE', `there is no table ${table}`);
}
