import { type History, Lines, noHistory } from './core/history.ts';
import { Random } from './core/random.ts';
import { drawWeather, run, type Weather } from './core/run.ts';
import { Scheduler, settled } from './core/scheduler.ts';
import { Violation } from './core/violation.ts';
import type { MakeWorld } from './core/world.ts';
import { topics } from './events/definitions.ts';
import { planEvents } from './events/generate.ts';
import { Producers } from './events/recorded.ts';
import { SimulatedCluster } from './log/simulated-cluster.ts';
import { SimulatedLog } from './log/simulated-log.ts';
import { offlineWorld } from './offline/world.ts';
import { onlineWorld } from './online/world.ts';

/** The worlds that a seed lives through, one after the other. */
export const worlds: Readonly<Record<string, MakeWorld>> = {
  online: (parts) => onlineWorld(parts),
  offline: (parts) => offlineWorld(parts),
};

/** What became of a seed in a world. */
export interface Outcome {
  readonly violation: Violation | undefined;
  readonly lines: readonly string[];
}

/** Less than what the seed says; for finding the shortest history of a violation. */
export interface Limits {
  readonly steps?: number;
  readonly events?: number;
  readonly weather?: Partial<Weather>;
}

/** Runs a seed in a world. The same arguments give the same lines, to the byte. */
export async function runSeed(
  seed: number,
  makeWorld: MakeWorld,
  { keepLines = false, limits = {} }: { readonly keepLines?: boolean; readonly limits?: Limits } = {},
): Promise<Outcome> {
  const kept = new Lines();
  const history: History = keepLines ? kept : noHistory;
  const random = new Random(seed);
  const partitions = random.between(1, 3);
  const planned = planEvents(random.fork(), partitions).slice(0, limits.events);
  const weather = { ...drawWeather(random.fork()), ...limits.weather };
  const scheduler = new Scheduler(random.fork(), history);
  const log = new SimulatedLog(scheduler.clock, topics, partitions);
  const cluster = new SimulatedCluster(scheduler, random.fork(), log, partitions);
  const producers = new Producers(log, planned);
  const world = makeWorld({ scheduler, random: random.fork(), history, cluster, producers, partitions });
  try {
    await run({ world, scheduler, random: random.fork(), history, cluster, producers, weather });
    return { violation: undefined, lines: kept.lines };
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { violation: error, lines: kept.lines };
  } finally {
    await settled();
  }
}
