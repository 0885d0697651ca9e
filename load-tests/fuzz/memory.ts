import { setTimeout as wait } from 'node:timers/promises';

const SAMPLE_MS = 500;
const MEBIBYTE = 2 ** 20;

/** What a process says of itself. */
interface Sample {
  /** Seconds since 1970. */
  readonly started: number;
  /** Bytes. */
  readonly resident: number;
}

/** What a service's process did during a run. */
export interface ProcessReport {
  readonly name: string;
  /** MiB at the beginning, at the highest, at the end. */
  readonly first: number;
  readonly most: number;
  readonly last: number;
  /** MiB by which the last quarter lies above the second one: what is left of growth after the warm-up. */
  readonly growth: number;
  /** MiB by which the last quarter lies above the third one. */
  readonly lateGrowth: number;
  /** Whether one process ran all the time and answered. */
  readonly survived: boolean;
}

/** Watches processes by their metrics, until it is asked what it saw. */
export function watchProcesses(services: Readonly<Record<string, { readonly url: string }>>) {
  const samples = new Map(Object.keys(services).map((name) => [name, new Array<Sample>()]));
  const unanswered = new Set<string>();
  const ending = new AbortController();

  async function sample(): Promise<void> {
    await Promise.all(
      Object.entries(services).map(async ([name, { url }]) => {
        const taken = await sampleOf(url).catch(() => undefined);
        if (taken === undefined) unanswered.add(name);
        else {
          unanswered.delete(name);
          samples.get(name)?.push(taken);
        }
      }),
    );
  }

  const loop = (async () => {
    while (!ending.signal.aborted) {
      await sample();
      await wait(SAMPLE_MS);
    }
  })();

  return {
    /** Resolves when each process has answered once, or the patience is over. */
    async allAnswered(patienceMs: number): Promise<void> {
      const end = performance.now() + patienceMs;
      const known = () => [...samples.values()].every((taken) => taken.length > 0);
      while (!known() && performance.now() < end) await wait(SAMPLE_MS);
    },
    /** MiB of each process now. */
    now: (): Readonly<Record<string, number>> =>
      Object.fromEntries(
        [...samples].map(([name, taken]) => [name, Math.round((taken.at(-1)?.resident ?? 0) / MEBIBYTE)]),
      ),
    async stop(): Promise<readonly ProcessReport[]> {
      ending.abort();
      await loop;
      await sample();
      return [...samples].map(([name, taken]) => reportOf(name, taken, !unanswered.has(name)));
    },
  };
}

function reportOf(name: string, taken: readonly Sample[], answers: boolean): ProcessReport {
  const resident = taken.map((one) => one.resident / MEBIBYTE);
  const quarter = Math.max(1, Math.floor(resident.length / 4));
  const last = median(resident.slice(-quarter));
  return {
    name,
    first: Math.round(resident[0] ?? 0),
    most: Math.round(Math.max(0, ...resident)),
    last: Math.round(resident.at(-1) ?? 0),
    growth: Math.round(last - median(resident.slice(quarter, 2 * quarter))),
    lateGrowth: Math.round(last - median(resident.slice(-2 * quarter, -quarter))),
    survived: answers && new Set(taken.map(({ started }) => started)).size === 1,
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function sampleOf(url: string): Promise<Sample> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5_000) });
  const text = await response.text();
  return {
    started: valueOf(text, 'millrace_process_start_time_seconds'),
    resident: valueOf(text, 'millrace_process_resident_memory_bytes'),
  };
}

/** The sum of a metric over its labels. @throws Error when there is no such metric */
export function valueOf(metrics: string, name: string): number {
  const lines = metrics
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  if (lines.length === 0) throw new Error(`there is no metric ${name}`);
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
