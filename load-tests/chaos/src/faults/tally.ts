import { percentiles } from '../../../src/measure.ts';
import { faultKinds } from './fault.ts';
import type { PlannedFault } from './plan.ts';

/** What happened to one planned fault. */
export interface Struck {
  readonly fault: PlannedFault;
  /** Whether it took place; a point may not be reached in time. */
  readonly hit: boolean;
  /** Milliseconds until its stores had all that the log had then, or undefined when they did not in time. */
  readonly recoveryMs: number | undefined;
}

/** Faults and how often they took place, as a Markdown table. */
export function faultTable(struck: readonly Struck[]): string {
  const rows = faultKinds.flatMap(({ name, kills }) => {
    const mine = struck.filter(({ fault }) => fault.name === name);
    if (mine.length === 0) return [];
    const hits = mine.filter(({ hit }) => hit).length;
    const times = mine.flatMap(({ recoveryMs }) => (recoveryMs === undefined ? [] : [recoveryMs]));
    const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
    const [half, most] =
      times.length === 0 ? ['', ''] : [seconds(percentiles(times).p50), seconds(Math.max(...times))];
    return [`| ${name} | ${kills ? 'SIGKILL' : ''} | ${hits} of ${mine.length} | ${half} | ${most} |`];
  });
  return ['| fault | | times | recovered, p50 | max |', '|---|---|---|---|---|', ...rows].join('\n');
}

/** Points that were planned and never reached. */
export function missedPoints(struck: readonly Struck[]): readonly string[] {
  const planned = new Set(struck.flatMap(({ fault }) => fault.point ?? []));
  return [...planned].filter((point) => !struck.some(({ fault, hit }) => hit && fault.point === point));
}
