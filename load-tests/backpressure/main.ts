import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { outagesOf } from './outages.ts';
import { startPlatform } from './platform.ts';
import { problemsOf, reportText } from './report.ts';
import { runBackpressure } from './run-backpressure.ts';

/** That of a service that is told nothing else. */
const QUEUE_BYTES = 256 * 2 ** 20;

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: { seconds: { type: 'string' }, rate: { type: 'string' } },
});
const { seconds, rate } = z
  .object({ seconds: z.coerce.number().min(6).default(120), rate: z.coerce.number().min(50).default(2_000) })
  .parse(values);

const folder = await mkdtemp(join(tmpdir(), 'millrace-backpressure-'));
const platform = await startPlatform(folder, QUEUE_BYTES);
try {
  const report = await runBackpressure(platform.value, {
    outages: outagesOf(seconds),
    rowsPerSecond: rate,
    progress: ({ outage, away, catchUp }) =>
      console.log(
        `  ${outage.server} ${outage.manner}: ${JSON.stringify(away.statuses)}, slowest ${Math.round(away.slowest)} ms, catch-up ${catchUp ?? 'none'}/s`,
      ),
  });
  const problems = problemsOf(report);
  console.log([...problems, reportText(report)].join('\n'));
  if (problems.length > 0) process.exitCode = 1;
} finally {
  await platform.stop();
  await rm(folder, { recursive: true, force: true });
}
