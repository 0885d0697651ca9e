import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError, retrying, type Running, startTogether } from '@millrace/kernel';
import { holdToLedger } from './checks/hold-to-ledger.ts';
import { millraceStores } from './checks/millrace-stores.ts';
import { progressOf } from './checks/progress.ts';
import { prove } from './checks/prove.ts';
import type { Stores } from './checks/stores.ts';
import { controlKinds, faultKinds } from './faults/fault.ts';
import { type Plan, planFaults, without } from './faults/plan.ts';
import { runFaults } from './faults/run-faults.ts';
import { missedPoints, type Struck } from './faults/tally.ts';
import { Ledger } from './load/ledger.ts';
import { Quota } from './load/quota.ts';
import { runLoad } from './load/run-load.ts';
import { mountDisk } from './platform/disk.ts';
import type { OwnEnd, Supervised } from './platform/supervised.ts';
import { chanceOf } from './random.ts';
import { unprotectedMains, unprotectedStores } from './unprotected/stores.ts';
import { startWorld, type World } from './world.ts';

/** How to run. */
export interface ChaosOptions {
  /** Takes data and logs. */
  readonly folder: string;
  readonly events: number;
  readonly kills: number;
  readonly seed: number;
  /** Names of the faults to choose from. @default all */
  readonly only?: readonly string[] | undefined;
  /** Whether the protection is off: other projectors, and requests that do not name themselves. */
  readonly control: boolean;
  readonly say: (line: string) => void;
  /** Ends the run, and all that it started. */
  readonly signal?: AbortSignal;
}

/** How it went. */
export interface ChaosResult {
  readonly events: number;
  readonly kills: number;
  /** Events that were acknowledged and have no effect in a store. */
  readonly lost: number;
  /** Effects of events that had one already, and of events that were never sent. */
  readonly doubled: number;
  /** Differences between the stores. */
  readonly differences: number;
  readonly struck: readonly Struck[];
  /** Points that were planned and never reached. */
  readonly missed: readonly string[];
  /** Processes that ended without having been told to. */
  readonly ownEnds: readonly EndedProcess[];
  /** Some of what is wrong, in words. */
  readonly examples: readonly string[];
}

/** A process that ended without having been told to. */
export interface EndedProcess extends OwnEnd {
  readonly name: string;
  /** Whether it is one of Millrace's own, rather than a server. */
  readonly isService: boolean;
}

const END_LIMIT_MS = 240_000;
const DISK_FULL = 'disk full';

/**
 * Starts the platform, puts load on it, lets the faults happen, and holds the stores to what was sent.
 *
 * @throws MillraceError INTERNAL when a store does not reach the end of the log, or a request is refused
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { folder, kills, control, seed, say, only } = options;
  const running = await startTogether(async (starter) => {
    const chance = chanceOf(seed).fork('plan');
    const hurts = control ? 0 : Math.max(4, Math.round(kills / 6));
    const possible = control ? controlKinds : faultKinds;
    const kinds = possible.filter(({ name }) => only?.includes(name) ?? true);
    const whole = planFaults({ kills, hurts, chance, kinds });
    const wanted = Object.values(whole)
      .flat()
      .some(({ name }) => name === DISK_FULL);
    const data = join(folder, 'data');
    await mkdir(data, { recursive: true });
    const mounted = wanted ? await mountDisk(data) : undefined;
    if (mounted !== undefined) starter.onStop(() => mounted.stop());
    if (wanted && mounted === undefined) say(`${DISK_FULL}: skipped, it takes root on Linux`);
    const plan = mounted === undefined ? without(whole, DISK_FULL) : whole;
    const mains = control ? unprotectedMains : {};
    const world = await starter.start(() =>
      startWorld({ folder: data, logs: join(folder, 'logs'), mains, disk: mounted?.value }),
    );
    return { world, plan };
  });
  try {
    const { world, plan } = running.value;
    return await Promise.race([runIn(world, plan, options), interrupted(options.signal)]);
  } finally {
    await running.stop();
  }
}

function interrupted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new MillraceError('INTERNAL', 'interrupted')));
  });
}

async function runIn(world: World, plan: Plan, options: ChaosOptions): Promise<ChaosResult> {
  const { events, seed, control, say } = options;
  const { value: stores, stop } = await storesOf(world, control);
  const abort = new AbortController();
  try {
    const ledger = new Ledger();
    const quota = new Quota();
    const chance = chanceOf(seed);
    const progress = progressOf(world.log, stores);
    const { signal } = abort;
    const common = { ledger, quota, events, signal };
    const load = runLoad({ ...common, world, seed, chance, withKeys: !control });
    const faults = runFaults({ ...common, plan, platform: world.platform, progress, say });
    // Whichever fails ends the other, whose own failure is then no news.
    for (const part of [load, faults]) part.catch(() => undefined);
    const struck = await Promise.race([faults, load.then(() => faults)]);
    quota.raiseTo(events);
    quota.close();
    await load;
    say(
      `load done: ${ledger.events} events, ${ledger.copies} copies, ${ledger.malformed} malformed, ${ledger.retries} retries`,
    );
    const end = await progress.logEnd();
    await Promise.all([
      progress.reached('online', end, END_LIMIT_MS),
      progress.reached('offline', end, END_LIMIT_MS),
    ]);
    // A connection that lay idle may break when it is used again.
    const until = performance.now() + END_LIMIT_MS;
    const abandoned = () => signal.aborted || performance.now() > until;
    const held = await retrying(() => holdToLedger({ ledger, stores, withIds: !control }), { abandoned });
    const proof = control ? undefined : await retrying(() => prove(world), { abandoned });
    return {
      events: ledger.events,
      kills: struck.filter(({ fault, hit }) => hit && fault.kills).length,
      lost: Math.max(held.lost, proof?.lost ?? 0),
      doubled: Math.max(held.doubled, proof?.doubled ?? 0),
      differences: Math.max(held.differences, proof?.differences ?? 0),
      struck,
      missed: missedPoints(struck),
      ownEnds: ownEndsOf(world),
      examples: [...held.examples, ...(proof?.examples ?? [])],
    };
  } finally {
    abort.abort();
    await stop();
  }
}

function storesOf(
  { log, clickhouse, onlineStore, platform }: World,
  control: boolean,
): Promise<Running<Stores>> {
  if (control) return unprotectedStores(log, clickhouse, platform.servers.addresses.redis.url);
  return startTogether(async () => millraceStores(clickhouse, onlineStore));
}

function ownEndsOf({ platform }: World): readonly EndedProcess[] {
  const { servers, gateways, online, offline, registry } = platform;
  const { kafka, redis, schemaRegistry, clickhouse } = servers;
  const services: readonly Supervised[] = [registry, ...gateways, ...online, ...offline];
  return [kafka, redis, schemaRegistry, clickhouse, ...services].flatMap((one) =>
    one.ownEnds.map((end) => ({ ...end, name: one.name, isService: services.includes(one) })),
  );
}
