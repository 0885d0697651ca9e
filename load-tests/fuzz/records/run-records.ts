import { type ProcessReport, watchProcesses } from '../memory.ts';
import { checkAfterwards } from './afterwards.ts';
import { type Consumption, watchConsumption } from './consumption.ts';
import { type Judgement, judge } from './judge.ts';
import { Ledger } from './ledger.ts';
import { type LiveReport, watchLive } from './live-growth.ts';
import { planRecords, type PlannedRecord } from './plan.ts';
import { connectSender } from './send.ts';
import { openOfflineView } from './stores.ts';
import type { FuzzWorld } from './world.ts';

const CHUNK = 1_000;
/** In a shorter run, what a process holds says more about its start than about the records. */
const FEWEST_FOR_MEMORY = 10_000;
const MOST_BEHIND = 4_000;
/** Longer than a machine with much else to do stands still. */
const PATIENCE_MS = 180_000;

/** How to throw records. */
export interface RunOptions {
  readonly records: number;
  readonly seed: number;
  /** Told how far it is. */
  progress(sent: number, memory: Readonly<Record<string, number>>): void;
}

/** What came of it. */
export interface RecordsReport extends Judgement {
  readonly records: number;
  readonly processes: readonly ProcessReport[];
  /** By process; none of a run that was too short for it, or in which a service ended. */
  readonly live: ReadonlyMap<string, LiveReport>;
  /** Services that ended, or do not do their work any more. */
  readonly broken: readonly string[];
}

/** Throws records at a platform, waits until everything is consumed, and judges. */
export async function runRecords(world: FuzzWorld, options: RunOptions): Promise<RecordsReport> {
  const { stack, services, inspectors, around, consumed, ended } = world;
  const ledger = new Ledger();
  const sender = await connectSender(stack.kafka.brokers, ledger);
  const consumption = await watchConsumption(stack, consumed);
  const offline = openOfflineView(stack);
  const processes = watchProcesses(services);
  const live = watchLive(inspectors);
  const broken: string[] = [];
  const isLong = options.records >= FEWEST_FOR_MEMORY;
  try {
    const plan = planRecords(options.seed, around);
    while (ledger.records < options.records) {
      await sender.value.send(take(plan, Math.min(CHUNK, options.records - ledger.records)));
      options.progress(ledger.records, processes.now());
      // Steady, so that memory that grows is not a backlog that grows.
      const left = await consumption.value.until(MOST_BEHIND, PATIENCE_MS);
      if (left > MOST_BEHIND) {
        broken.push(`nothing was consumed for ${PATIENCE_MS / 1000} s, ${left} records are left`);
        break;
      }
      if (isLong && !live.halfWay() && ledger.records >= options.records / 2) {
        await allConsumed(consumption.value);
        await live.middle();
      }
    }
    const left = await allConsumed(consumption.value);
    if (left > 0) broken.push(`${left} records were never applied`);
    const held = isLong && ended.length === 0 ? await live.end() : new Map<string, LiveReport>();
    const judgement = await judge(ledger, offline, services['feature-server'].url);
    broken.push(...ended, ...(await checkAfterwards(world)));
    return { ...judgement, records: ledger.records, processes: await processes.stop(), live: held, broken };
  } finally {
    await processes.stop();
    await offline.close();
    await consumption.stop();
    await sender.stop();
  }
}

/** A record that is consumed may leave a dead letter to consume, and that one another, while the others are looked at. */
async function allConsumed(consumption: Consumption): Promise<number> {
  let left = 0;
  for (let look = 0; look < 3 && left === 0; look += 1) left = await consumption.until(0, PATIENCE_MS);
  return left;
}

function take(plan: Generator<PlannedRecord>, count: number): readonly PlannedRecord[] {
  const taken: PlannedRecord[] = [];
  while (taken.length < count) {
    const { value, done } = plan.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}
