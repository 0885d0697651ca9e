import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analystOf } from './demo/analyst.ts';
import { type DemoOptions, parseOptions } from './demo/options.ts';
import type { Output } from './demo/progress.ts';
import { type DemoHooks, type DemoResult, startDemo } from './demo/run-demo.ts';

const FLIGHTS = 2000;

/** Runs the demo to its end and answers what it found and showed. */
async function runDemo(
  options: DemoOptions,
  hooks?: DemoHooks,
): Promise<Omit<DemoResult, 'world'> & { shown: string }> {
  const lines: string[] = [];
  const output: Output = {
    line: (text) => void lines.push(text),
    colour: false,
    progress: () => ({ update: () => undefined, stop: () => undefined }),
  };
  const demo = await startDemo(options, output, hooks);
  await demo.stop();
  return { ...demo.value, shown: lines.join('\n') };
}

describe('the demo', () => {
  let folder: string;
  let options: DemoOptions;
  let first: Awaited<ReturnType<typeof runDemo>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'flights-demo-'));
    // Each step is a round through all services and both stores: a third of them shows the same.
    const short = ['--step', '30m', '--window', '1h', '--warm-up', '1h', '--reference', '2h'];
    options = parseOptions(['--flights', String(FLIGHTS), ...short, '--folder', folder]);
    first = await runDemo(options);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('flies every flight, and every check passes', () => {
    expect(first.checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(first.passed).toBe(true);
    expect(first.checks).toHaveLength(14);
    expect(first.sent).toMatchObject({ predictions: FLIGHTS, labels: FLIGHTS });
  });

  it('shows events, stores, the snapshot, windows and checks', async () => {
    expect(first.shown).toMatch(/predictions +2,000 +2,000/);
    expect(first.shown).toMatch(/airport_departures +1\d\d/);
    expect(first.shown).toMatch(/content hash +[0-9a-f]{64}/);
    expect(first.shown).toContain('Drift windows of model-late_arrival');
    expect(first.shown).toContain('PSI of the 3 features');
    expect(first.shown).toContain('✓ no dead letters');
    const report = await readFile(join(folder, 'report.html'), 'utf8');
    expect(report).toContain('Drift of late_arrival against its reference');
  });

  it('can be flown again without any event counting twice, and fails when a stored value is not the true one', async () => {
    const again = await runDemo(
      { ...options, keep: true },
      {
        async beforeChecks({ addresses }) {
          const { rows } = analystOf(addresses.stack.clickhouse);
          await rows(
            z.never(),
            `ALTER TABLE features_airport_departures_raw_g1 UPDATE departures = departures + 1
            WHERE airport = 'ATL' SETTINGS mutations_sync = 1`,
          );
        },
      },
    );
    expect(again.passed).toBe(false);
    expect(again.sent).toEqual(first.sent);
    const failed = again.checks.filter(({ passed }) => !passed);
    expect(failed.map(({ name }) => name)).toEqual([
      'Redis agrees with ClickHouse on every entity',
      'what was served is what the snapshot finds for that time',
    ]);
    expect(again.shown).toMatch(
      /✗ FAILED Redis agrees with ClickHouse on every entity: airport_departures of airport=ATL: .*departures=\d+ in Redis/,
    );
  });
});
