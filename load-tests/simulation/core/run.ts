import type { Producers } from '../events/recorded.ts';
import type { SimulatedCluster } from '../log/simulated-cluster.ts';
import { Fleet } from './fleet.ts';
import type { History } from './history.ts';
import type { Random } from './random.ts';
import { type Scheduler, settled } from './scheduler.ts';
import { promised } from './violation.ts';
import type { Incident, World } from './world.ts';

/** How rough a run is; drawn from the seed. */
export interface Weather {
  /** Steps in which things go wrong. */
  readonly steps: number;
  readonly refused: number;
  readonly unanswered: number;
  /** How likely it is that a step is an incident. */
  readonly incidents: number;
  /** How often somebody asks for a rebuild. */
  readonly rebuilds: number;
}

/** Draws the weather: some runs are calm, so that orders are tried that faults would hide. */
export function drawWeather(random: Random): Weather {
  return {
    steps: random.between(60, 260),
    refused: random.pick([0, 0.02, 0.1]),
    unanswered: random.pick([0, 0.02, 0.1]),
    incidents: random.pick([0, 0.03, 0.06, 0.12]),
    rebuilds: random.pick([0, 0, 0, 1, 2]),
  };
}

/** What a run is made of. */
export interface RunParts {
  readonly world: World;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly history: History;
  readonly cluster: SimulatedCluster;
  readonly producers: Producers;
  readonly weather: Weather;
}

/** Steps within which a store has to catch up once nothing goes wrong any more. */
const PATIENCE = 4_000;
const APPENDING = 0.06;
const MOST_AT_ONCE = 6;
const REBUILDING = 0.03;
/** Whether the store has caught up is asked after so many steps. */
const LOOK_EVERY = 5;
const FROZEN_MS = 35_000;

/** Lets a world live through its weather, and then catch up in peace. @throws Violation */
export async function run(parts: RunParts): Promise<void> {
  const { world, scheduler, random, history, producers, weather } = parts;
  const fleet = new Fleet(world, scheduler, random, history);
  const incidents = [...world.incidents, ...commonIncidents(parts, fleet)];
  const check = async () => {
    fleet.check();
    await world.check();
  };

  scheduler.faults = weather;
  fleet.start();
  await settled();
  const append = () => {
    const what = producers.append();
    history.note(scheduler.now, 'producers', 'append', () => what);
  };
  let rebuilds = weather.rebuilds;
  for (let step = 0; step < weather.steps; step++) {
    if (producers.left > 0 && random.chance(APPENDING)) {
      for (let burst = random.between(1, MOST_AT_ONCE); burst > 0 && producers.left > 0; burst--) append();
    } else if (random.chance(weather.incidents)) {
      history.note(scheduler.now, 'incident', pickIncident(random, incidents).happen());
    } else if (rebuilds > 0 && random.chance(REBUILDING)) {
      rebuilds -= 1;
      history.note(scheduler.now, 'operator', await world.rebuild());
    } else {
      await scheduler.step();
    }
    if (fleet.alive === 0) fleet.start();
    await settled();
    await check();
  }

  scheduler.faults = { refused: 0, unanswered: 0 };
  history.note(scheduler.now, 'everybody', 'has peace from here on');
  while (producers.left > 0) append();
  for (let step = 0; step % LOOK_EVERY !== 0 || !world.isCaughtUp(); step++) {
    promised('it catches up', step < PATIENCE, () => `not within ${PATIENCE} steps`);
    if (fleet.alive === 0) fleet.start();
    await scheduler.step();
    await check();
  }
  world.checkEnd();
  for (let step = 0; fleet.alive > 0; step++) {
    promised('it stops', step < PATIENCE, () => `not within ${PATIENCE} steps`);
    fleet.stopAll();
    await scheduler.step();
    await check();
  }
  world.checkEnd();
}

function commonIncidents({ scheduler, random, cluster }: RunParts, fleet: Fleet): readonly Incident[] {
  return [
    { weight: 4, happen: () => (fleet.kill(), 'a process is killed') },
    { weight: 3, happen: () => (fleet.start(), 'another process') },
    { weight: 2, happen: () => (fleet.stopOne(), 'a process is asked to stop') },
    { weight: 1, happen: () => (scheduler.freeze(FROZEN_MS), 'everybody was frozen') },
    {
      weight: 2,
      happen() {
        const groups = cluster.groups().filter(({ members }) => members.length > 0);
        if (groups.length === 0) return 'nobody to give up';
        const group = random.pick(groups);
        const member = random.pick(group.members);
        group.leave(member);
        return `the coordinator gives member ${member} up`;
      },
    },
    {
      weight: 1,
      happen() {
        for (const group of cluster.groups()) group.forgetOffsets();
        return 'committed offsets expire';
      },
    },
  ];
}

function pickIncident(random: Random, incidents: readonly Incident[]): Incident {
  const total = incidents.reduce((sum, { weight }) => sum + weight, 0);
  let drawn = random.below(total);
  for (const incident of incidents) {
    drawn -= incident.weight;
    if (drawn < 0) return incident;
  }
  throw new RangeError('no incident has any weight');
}
