import { type ProcessReport, watchProcesses } from '../memory.ts';
import { checkAfterwards } from './afterwards.ts';
import { type Consumption, watchConsumption } from './consumption.ts';
import { type Judgement, judge } from './judge.ts';
import { Ledger } from './ledger.ts';
import { planRecords, type PlannedRecord } from './plan.ts';
import { connectSender } from './send.ts';
import { openOfflineView } from './stores.ts';
import type { FuzzWorld } from './world.ts';

const CHUNK = 1_000;
const MOST_BEHIND = 4_000;
const PATIENCE_MS = 60_000;

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
  /** Services that ended, or do not do their work any more. */
  readonly broken: readonly string[];
}

/** Throws records at a platform, waits until everything is consumed, and judges. */
export async function runRecords(world: FuzzWorld, options: RunOptions): Promise<RecordsReport> {
  const { stack, services, around, consumed, ended } = world;
  const ledger = new Ledger();
  const sender = await connectSender(stack.kafka.brokers, ledger);
  const consumption = await watchConsumption(stack, consumed);
  const offline = openOfflineView(stack);
  const processes = watchProcesses(services);
  const broken: string[] = [];
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
    }
    const left = await allConsumed(consumption.value);
    if (left > 0) broken.push(`${left} records were never applied`);
    const judgement = await judge(ledger, offline, services['feature-server'].url);
    broken.push(...ended, ...(await checkAfterwards(world)));
    return { ...judgement, records: ledger.records, processes: await processes.stop(), broken };
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
