import { setTimeout as delay } from 'node:timers/promises';
import type { Progress, StoreName } from '../checks/progress.ts';
import type { Platform } from '../platform/platform.ts';
import { faultKinds } from './fault.ts';
import type { PlannedFault } from './plan.ts';
import { strikes } from './strikes.ts';
import type { Struck } from './tally.ts';

/** What running faults needs. */
export interface LaneOptions {
  readonly platform: Platform;
  readonly progress: Progress;
  /** Told before each fault. */
  readonly onNext: () => void;
  readonly onStruck: (struck: Struck) => void;
  readonly signal: AbortSignal;
}

const POINT_LIMIT_MS = 180_000;
const RECOVERY_LIMIT_MS = 300_000;

/** Lets the faults of a lane happen one after the other. Resolves when all have been recovered from. */
export async function runLane(faults: readonly PlannedFault[], options: LaneOptions): Promise<void> {
  const recovering: Promise<void>[] = [];
  for (const fault of faults) {
    if (options.signal.aborted) break;
    options.onNext();
    const hit = await strike(fault, options);
    const recovered = recover(fault, hit, options);
    // It is thrown at the end of the lane, or where the lane waits for it.
    recovered.catch(() => undefined);
    recovering.push(recovered);
    if (fault.waits) await recovered;
  }
  await Promise.all(recovering);
}

async function strike(fault: PlannedFault, { platform, signal }: LaneOptions): Promise<boolean> {
  const { point } = fault;
  if (point !== undefined) {
    const reached = platform.traps.set(point, fault.skip).then(() => true);
    const late = delay(POINT_LIMIT_MS, false, { signal, ref: false }).catch(() => false);
    const hit = await Promise.race([reached, late]);
    if (!hit) platform.traps.clear(point);
    return hit;
  }
  await delay(fault.afterMs);
  const kind = faultKinds.find(({ name }) => name === fault.name);
  const does = kind === undefined ? undefined : strikes[kind.name];
  if (does === undefined) return false;
  await does(platform, fault);
  return true;
}

async function recover(
  fault: PlannedFault,
  hit: boolean,
  { platform, progress, onStruck }: LaneOptions,
): Promise<void> {
  const begun = performance.now();
  const stores = storesOf(fault);
  if (stores.length === 0) await Promise.all(platform.gateways.map((gateway) => gateway.ready()));
  const end = await progress.logEnd();
  await Promise.all(stores.map((store) => progress.reached(store, end, RECOVERY_LIMIT_MS)));
  onStruck({ fault, hit, recoveryMs: hit ? performance.now() - begun : undefined });
}

/** The stores by whose progress a fault is over. */
function storesOf({ lane, name }: PlannedFault): readonly StoreName[] {
  if (lane !== 'entry') return [lane];
  return name === 'gateway' || name === 'acked-not-answered' ? [] : ['online', 'offline'];
}
