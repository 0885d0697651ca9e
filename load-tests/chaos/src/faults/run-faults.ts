import type { Progress } from '../checks/progress.ts';
import type { Ledger } from '../load/ledger.ts';
import type { Quota } from '../load/quota.ts';
import type { Platform } from '../platform/platform.ts';
import type { Plan } from './plan.ts';
import { runLane } from './run-lane.ts';
import type { Struck } from './tally.ts';

/** What running a plan needs. */
export interface FaultsOptions {
  readonly plan: Plan;
  readonly platform: Platform;
  readonly progress: Progress;
  readonly ledger: Ledger;
  readonly quota: Quota;
  readonly events: number;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

const PACE_MS = 250;
/** Steps in which the events of one fault are let through: two seconds, so that a kill meets a load. */
const STEPS = 8;
/** Let through every second for a point that nobody reaches, for want of load. */
const EXTRA_PER_SECOND = 400;

/** Lets all faults happen, and as much of the load with each as is its share. */
export async function runFaults(options: FaultsOptions): Promise<readonly Struck[]> {
  const { plan, platform, progress, ledger, quota, events, say, signal } = options;
  const lanes = [plan.online, plan.offline, plan.entry];
  const planned = lanes.reduce((count, lane) => count + lane.length, 0);
  const share = Math.ceil(events / planned);
  const struck: Struck[] = [];
  let begun = 0;
  const pace = setInterval(() => {
    const due = Math.min(events, begun * share);
    if (quota.granted < due) quota.raiseTo(Math.min(due, quota.granted + Math.ceil(share / STEPS)));
    else if (platform.traps.anySet && quota.left <= 0) quota.add((EXTRA_PER_SECOND * PACE_MS) / 1000);
  }, PACE_MS);
  const lane = {
    platform,
    progress,
    signal,
    onNext: () => void (begun += 1),
    onStruck: (one: Struck) => {
      struck.push(one);
      say(`${struck.length}/${planned} ${lineOf(one)}; ${ledger.acknowledged} events`);
    },
  };
  try {
    await Promise.all(lanes.map((faults) => runLane(faults, lane)));
    return struck;
  } finally {
    clearInterval(pace);
  }
}

function lineOf({ fault, hit, recoveryMs }: Struck): string {
  if (!hit) return `${fault.name}: not reached`;
  return `${fault.name}: recovered in ${((recoveryMs ?? 0) / 1000).toFixed(1)} s`;
}
