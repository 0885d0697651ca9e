import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Running } from '@millrace/kernel';
import { type Platform, startPlatform } from './platform.ts';
import { problemsOf, reportText } from './report.ts';
import { runBackpressure } from './run-backpressure.ts';

/** What a machine with much else to do may take; a quiet one is done in a fraction of it. */
const BUSY_MS = 900_000;

const ROWS_PER_SECOND = 500;
/** Little enough that some seconds fill the share of one topic, a quarter of it. */
const QUEUE_BYTES = 2 * 2 ** 20;

let folder: string;
let platform: Running<Platform>;

// Servers of its own: others would miss them.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-backpressure-'));
  platform = await startPlatform(folder, QUEUE_BYTES);
}, BUSY_MS);
afterAll(async () => {
  await platform?.stop();
  await rm(folder, { recursive: true, force: true });
}, BUSY_MS);

test('stores that are away hold nobody up: the log takes it, alerts tell, and all is caught up with', {
  timeout: BUSY_MS,
}, async ({ onTestFailed }) => {
  const report = await runBackpressure(platform.value, {
    outages: [
      { server: 'redis', manner: 'frozen', seconds: 3 },
      { server: 'clickhouse', manner: 'killed', seconds: 3 },
    ],
    rowsPerSecond: ROWS_PER_SECOND,
    calmMs: 500,
    // A busy machine is slow, and this is not about how slow: in the end nothing may be left.
    underWaySeconds: 10,
    progress: () => undefined,
  });
  onTestFailed(() => console.error(reportText(report)));
  expect(problemsOf(report)).toEqual([]);
  expect(report.acknowledged).toBeGreaterThan(8 * ROWS_PER_SECOND);
  for (const { behind, lagGauge, alerts } of report.figures) {
    expect(behind).toBeGreaterThan(ROWS_PER_SECOND);
    expect(lagGauge).toBeGreaterThan(ROWS_PER_SECOND);
    expect(alerts.raised).toEqual(['MillraceNotReady', 'MillraceLagGrows']);
  }
  // Rows waited for ClickHouse until no more might.
  expect(report.queued.most).toBeGreaterThan(report.queued.budget / 2);
});
