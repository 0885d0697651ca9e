import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { httpReportText } from './http/report.ts';
import { runHttp } from './http/run-http.ts';
import { reportText, verdict } from './records/report.ts';
import { runRecords } from './records/run-records.ts';
import { startFuzzWorld } from './records/world.ts';

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: { records: { type: 'string' }, seed: { type: 'string' }, http: { type: 'string' } },
});
const count = z.coerce.number().int().min(0);
const options = z
  .object({ records: count.optional(), seed: count.default(1), http: count.optional() })
  .parse(values);
const records = options.records ?? (options.http === undefined ? 100_000 : 0);

const folder = await mkdtemp(join(tmpdir(), 'millrace-fuzz-'));
const world = await startFuzzWorld(folder);
try {
  if (records > 0) {
    console.log(`records: ${records}, seed ${options.seed}`);
    const report = await runRecords(world.value, {
      records,
      seed: options.seed,
      progress(sent, memory) {
        if (sent % 5_000 === 0) console.log(`  ${sent} sent; MiB: ${JSON.stringify(memory)}`);
      },
    });
    console.log(reportText(report));
    if (!verdict(report)) process.exitCode = 1;
  }
  if (options.http !== undefined) {
    console.log(`requests: ${options.http}, seed ${options.seed}`);
    const { gateway, registry, monitor, 'feature-server': featureServer } = world.value.services;
    const report = await runHttp(
      { gateway, 'feature-server': featureServer, registry, monitor },
      { requests: options.http, seed: options.seed },
    );
    const broken = world.value.ended;
    console.log([...broken, httpReportText(report)].join('\n'));
    if (report.findings.length + broken.length > 0) process.exitCode = 1;
  }
} finally {
  await world.stop();
  await rm(folder, { recursive: true, force: true });
}
