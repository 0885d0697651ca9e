import type { LogAdmin } from '@millrace/event-log';
import { type Clock, type Micros, pause, SECOND, type Timers } from '@millrace/kernel';
import type { ProjectionGauges } from './gauges.ts';
import { generationName } from './plan.ts';
import type { Generation, GenerationId, Generations } from './port.ts';
import {
  type BuildProgress,
  type NextOffsets,
  readyToGoLive,
  recordsLeft,
  targetOf,
} from './ready-to-go-live.ts';

/** What following rebuilds needs. */
export interface RebuildWatchOptions {
  readonly log: Pick<LogAdmin, 'spans'>;
  readonly generations: Pick<Generations, 'applied' | 'goLive'>;
  readonly gauges: Pick<ProjectionGauges, 'rebuildLeft' | 'rebuildRate'>;
  readonly timers: Timers;
  /** Milliseconds for which a look may follow the last steps of a rebuild. */
  readonly patienceMs: number;
  readonly clock: Clock;
}

interface Seen {
  readonly endsAtFirst: NextOffsets;
  readonly applied: bigint;
  readonly at: Micros;
}

const STEPS = 5;

/** Follows the rebuilds of a store: measures how far they are, and makes those live that are ready. */
export class RebuildWatch {
  readonly #options: RebuildWatchOptions;
  readonly #seen = new Map<string, Seen>();
  #measuredTopics: ReadonlySet<string> = new Set();

  constructor(options: RebuildWatchOptions) {
    this.#options = options;
  }

  /**
   * One look at all generations that are being built.
   *
   * @param live the generation of each topic that is read.
   * @returns the rebuilds that went live.
   * @throws MillraceError STORE_UNAVAILABLE, LOG_UNAVAILABLE
   */
  async look(
    rebuilds: ReadonlyMap<string, readonly Generation[]>,
    live: readonly GenerationId[],
  ): Promise<readonly (readonly Generation[])[]> {
    this.#forgetOthers([...rebuilds.values()].flat());
    const done: (readonly Generation[])[] = [];
    for (const generations of rebuilds.values()) {
      if (await this.#comesToReady(generations, live)) {
        await this.#options.generations.goLive(generations);
        done.push(generations);
      }
    }
    return done;
  }

  /**
   * The target is taken once and followed for a moment when it is near: while rows flow, two generations are hardly
   * ever equally far at one instant.
   */
  async #comesToReady(generations: readonly Generation[], live: readonly GenerationId[]): Promise<boolean> {
    const { timers, patienceMs } = this.#options;
    let rebuild = await Promise.all(generations.map((generation) => this.#measure(generation, live)));
    for (let step = 0; step < STEPS; step += 1) {
      if (readyToGoLive(rebuild)) return true;
      if (!rebuild.every(({ secondsLeft }) => secondsLeft * 1_000 <= patienceMs)) return false;
      await pause(timers, patienceMs / STEPS);
      rebuild = await Promise.all(
        rebuild.map(async (progress) => ({
          ...progress,
          applied: await this.#options.generations.applied(progress.generation),
        })),
      );
    }
    return readyToGoLive(rebuild);
  }

  async #measure(generation: Generation, live: readonly GenerationId[]): Promise<Measured> {
    const { log, generations, gauges } = this.#options;
    const { topic } = generation;
    const current = live.find((candidate) => candidate.topic === topic) ?? { topic, number: 1 };
    const held = await generations.applied(current);
    const ends = new Map(
      // Of a partition without records nothing is missing, wherever it begins.
      (await log.spans(topic)).map(({ partition, first, next }) => [partition, first === next ? 0n : next]),
    );
    const applied = await generations.applied(generation);
    const endsAtFirst = this.#seen.get(generationName(generation))?.endsAtFirst ?? ends;
    const left = recordsLeft(targetOf({ generation, endsAtFirst: ends, ends, live: held }), applied);
    const rate = this.#rate({ generation, endsAtFirst, applied });
    gauges.rebuildLeft.set({ topic }, Number(left));
    gauges.rebuildRate.set({ topic }, rate);
    const secondsLeft = left === 0n ? 0 : Number(left) / rate;
    return { generation, endsAtFirst, ends, live: held, applied, secondsLeft };
  }

  /** Records per second since the last look. */
  #rate({
    generation,
    endsAtFirst,
    applied,
  }: Pick<Measured, 'generation' | 'endsAtFirst' | 'applied'>): number {
    const name = generationName(generation);
    const now = { endsAtFirst, applied: sum(applied), at: this.#options.clock.now() };
    const before = this.#seen.get(name);
    this.#seen.set(name, now);
    if (before === undefined || now.at <= before.at) return 0;
    return Math.max(0, (Number(now.applied - before.applied) * Number(SECOND)) / Number(now.at - before.at));
  }

  #forgetOthers(building: readonly Generation[]): void {
    const kept = new Set(building.map(generationName));
    for (const name of this.#seen.keys()) if (!kept.has(name)) this.#seen.delete(name);
    const { gauges } = this.#options;
    const topics = new Set(building.map(({ topic }) => topic));
    for (const topic of this.#measuredTopics) {
      if (topics.has(topic)) continue;
      gauges.rebuildLeft.remove({ topic });
      gauges.rebuildRate.remove({ topic });
    }
    this.#measuredTopics = topics;
  }
}

interface Measured extends BuildProgress {
  readonly generation: Generation;
  /** Until it holds what the log has now, at the rate of the last look. */
  readonly secondsLeft: number;
}

function sum(offsets: NextOffsets): bigint {
  let total = 0n;
  for (const next of offsets.values()) total += next;
  return total;
}
