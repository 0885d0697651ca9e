import { setTimeout as wait } from 'node:timers/promises';
import { type Consumption } from '../fuzz/records/consumption.ts';
import { percentiles } from '../src/measure.ts';
import type { Outage } from './outages.ts';
import type { Platform } from './platform.ts';
import type { Call, SteadyLoad } from './steady-load.ts';

const CALM_MS = 3_000;
const SAMPLE_MS = 500;
const PATIENCE_MS = 60_000;

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
  /** Records that are on their way at any moment of a steady load. */
  readonly onTheWay: number;
}

/** Takes a server away for a while and measures what happens until everything is applied again. */
export async function runOutage(outage: Outage, parts: OutageParts): Promise<OutageFigures> {
  const { platform, load, consumption, memory, lag, onTheWay } = parts;
  const server = platform.servers[outage.server];
  load.take();
  const before = await sampling(memory, wait(CALM_MS));
  const calmCalls = load.take();
  let back: () => void = () => undefined;
  const returned = new Promise<void>((resolve) => {
    back = resolve;
  });
  if (outage.manner === 'frozen') server.freeze();
  else server.kill(() => returned);
  const away = await sampling(memory, wait(outage.seconds * 1_000));
  const awayCalls = load.take();
  const lagGauge = await lag();
  const behind = await consumption.behind();
  const start = performance.now();
  if (outage.manner === 'frozen') server.thaw();
  else back();
  await server.ready();
  const after = await sampling(memory, consumption.until(onTheWay, PATIENCE_MS));
  const seconds = (performance.now() - start) / 1_000;
  const left = await consumption.behind();
  return {
    outage,
    before: figuresOf(calmCalls),
    away: figuresOf(awayCalls),
    behind,
    lagGauge,
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
