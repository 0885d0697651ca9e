import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { points } from './proxy/traps.ts';
import { report } from './report.ts';
import { type ChaosOptions, runChaos } from './run-chaos.ts';

const LIMIT_MS = 900_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-chaos-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('what was acknowledged has its effect once in both stores, whoever is killed, and when', {
  timeout: LIMIT_MS,
}, async ({ onTestFailed }) => {
  const { result, told } = await run({ events: 12_000, kills: 14, seed: 20_260, control: false });
  onTestFailed(() => console.error(told));
  const { lost, doubled, differences, events, struck } = result;
  expect({ lost, doubled, differences }).toEqual({ lost: 0, doubled: 0, differences: 0 });
  expect(events).toBeGreaterThanOrEqual(12_000);
  const reached = struck.flatMap(({ hit, fault }) => (hit && fault.point !== undefined ? [fault.point] : []));
  expect([...new Set(reached)].sort()).toEqual([...points].sort());
});

test('the same load finds the mistakes of projectors without protection', {
  timeout: LIMIT_MS,
}, async ({ onTestFailed }) => {
  const { result, told } = await run({ events: 6_000, kills: 4, seed: 7, control: true });
  onTestFailed(() => console.error(told));
  expect(result.lost).toBeGreaterThan(0);
  // It loses what the faults hit: a projector that stores nothing would prove as little as one that stores all.
  expect(result.lost).toBeLessThan(result.events / 2);
  expect(result.doubled).toBeGreaterThan(0);
});

async function run(options: Omit<ChaosOptions, 'folder' | 'say'>) {
  const lines: string[] = [];
  const result = await runChaos({ ...options, folder, say: (line) => void lines.push(line) });
  return { result, told: [...lines, ...report(result)].join('\n') };
}
