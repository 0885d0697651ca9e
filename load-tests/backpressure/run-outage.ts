import { setTimeout as wait } from 'node:timers/promises';
import { type Consumption } from '../fuzz/records/consumption.ts';
import { percentiles } from '../src/measure.ts';
import type { Outage } from './outages.ts';
import type { Platform } from './platform.ts';
import type { Call, SteadyLoad } from './steady-load.ts';
import type { AlertWatch, WantedAlert } from './watch-alerts.ts';

const SAMPLE_MS = 500;
const PATIENCE_MS = 60_000;
/** Long enough for the slowest scrape of a machine with much else to do, in milliseconds. */
export const ALERT_MS = 60_000;

/** What the gateway did meanwhile. */
export interface GatewayFigures {
  readonly calls: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly slowest: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Of the answers 503 and 429, those without `Retry-After`. */
  readonly withoutRetryAfter: number;
}

/** What an outage did. */
export interface OutageFigures {
  readonly outage: Outage;
  readonly before: GatewayFigures;
  readonly away: GatewayFigures;
  /** Records that were not applied when the server came back, as the log has it and as the gauge told. */
  readonly behind: number;
  readonly lagGauge: number;
  /** The alerts that have to be raised, and those whose expressions held while it was away. */
  readonly alerts: { readonly expected: readonly string[]; readonly raised: readonly string[] };
  /** Whether no more was left in the end than is on its way at any moment. */
  readonly caughtUp: boolean;
  /** Events a second from the return on, the server's own start included; undefined when there was nothing to catch up with. */
  readonly catchUp: number | undefined;
  /** MiB by process: the highest before, while it was away, and afterwards. */
  readonly memory: Readonly<Record<string, readonly [number, number, number]>>;
}

/** What an outage is run with. */
export interface OutageParts {
  readonly platform: Platform;
  readonly load: SteadyLoad;
  /** All that both projectors consume. */
  readonly consumption: Consumption;
  readonly memory: () => Readonly<Record<string, number>>;
  readonly lag: () => Promise<number>;
  readonly alerts: Pick<AlertWatch, 'until'>;
  /** The alerts that this outage has to raise. */
  readonly wanted: readonly WantedAlert[];
  /** Milliseconds for which it is looked at what is usual before. */
  readonly calmMs: number;
  /** Records that are on their way at any moment of a steady load. */
  readonly onTheWay: number;
}

/** Takes a server away for a while and measures what happens until everything is applied again. */
export async function runOutage(outage: Outage, parts: OutageParts): Promise<OutageFigures> {
  const { platform, load, consumption, memory, lag, alerts, wanted, calmMs, onTheWay } = parts;
  const server = platform.servers[outage.server];
  load.take();
  const before = await sampling(memory, wait(calmMs));
  const calmCalls = load.take();
  let back: () => void = () => undefined;
  const returned = new Promise<void>((resolve) => {
    back = resolve;
  });
  if (outage.manner === 'frozen') server.freeze();
  else server.kill(() => returned);
  const raising = alerts.until('all', wanted, ALERT_MS);
  const away = await sampling(memory, Promise.all([wait(outage.seconds * 1_000), raising]));
  const awayCalls = load.take();
  const lagGauge = await lag();
  const behind = await consumption.behind();
  const start = performance.now();
  if (outage.manner === 'frozen') server.thaw();
  else back();
  await server.ready();
  // What was left then, not a moment later: rows go on to come.
  const catchingUp = consumption
    .until(onTheWay, PATIENCE_MS)
    .then((left) => ({ left, seconds: (performance.now() - start) / 1_000 }));
  const after = await sampling(memory, catchingUp);
  const { left, seconds } = await catchingUp;
  return {
    outage,
    before: figuresOf(calmCalls),
    away: figuresOf(awayCalls),
    behind,
    lagGauge,
    alerts: { expected: wanted.map(({ alert }) => alert), raised: await raising },
    caughtUp: left <= onTheWay,
    catchUp: behind > 2 * onTheWay ? Math.round((behind - left) / seconds) : undefined,
    memory: Object.fromEntries(
      Object.keys(before).map((name) => [name, [before[name] ?? 0, away[name] ?? 0, after[name] ?? 0]]),
    ),
  };
}

/** The highest memory of each process while something is awaited. */
async function sampling(
  memory: OutageParts['memory'],
  until: Promise<unknown>,
): Promise<Readonly<Record<string, number>>> {
  const most: Record<string, number> = {};
  const ending = new AbortController();
  const loop = (async () => {
    while (!ending.signal.aborted) {
      for (const [name, now] of Object.entries(memory())) most[name] = Math.max(most[name] ?? 0, now);
      await wait(SAMPLE_MS);
    }
  })();
  await until;
  ending.abort();
  await loop;
  return most;
}

function figuresOf(calls: readonly Call[]): GatewayFigures {
  const latencies = calls.map(({ latency }) => latency);
  const { p50, p99 } = latencies.length === 0 ? { p50: 0, p99: 0 } : percentiles(latencies);
  const statuses: Record<string, number> = {};
  for (const { status } of calls) statuses[status] = (statuses[status] ?? 0) + 1;
  const refusals = calls.filter(({ status }) => status === 503 || status === 429);
  return {
    calls: calls.length,
    p50,
    p99,
    slowest: Math.max(0, ...latencies),
    statuses,
    withoutRetryAfter: refusals.filter(({ retryAfter }) => !retryAfter).length,
  };
}
