import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@millrace/embedded';
import { startBench } from './bench.ts';
import { type Measurement, resultLine, type Scenario } from './scenario.ts';
import { ingest } from './scenarios/ingest.ts';
import { online1, online100 } from './scenarios/online.ts';
import { rebuildOffline, rebuildOnline } from './scenarios/rebuild.ts';
import { snapshot100k, snapshot1m } from './scenarios/snapshot.ts';

const scenarios: readonly Scenario[] = [
  ingest,
  online1,
  online100,
  snapshot100k,
  snapshot1m,
  rebuildOnline,
  rebuildOffline,
];

const asked = process.argv.slice(2).filter((argument) => argument !== '--');
const unknown = asked.filter((name) => !scenarios.some((scenario) => scenario.name === name));
if (unknown.length > 0) {
  console.error(
    `no such scenario: ${unknown.join(', ')}. There are: ${scenarios.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}

const hardware = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
};
console.log(
  `hardware: ${hardware.cores} × ${hardware.cpu}, ${hardware.memoryGiB} GiB, Node ${hardware.node}`,
);
const bench = await startBench();
const results: Record<string, Measurement> = {};
try {
  for (const scenario of scenarios.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
    console.log(`\n${scenario.name} …`);
    const measurement = await scenario.run(bench.value);
    results[scenario.name] = measurement;
    for (const [key, value] of Object.entries(measurement.details)) {
      console.log(`  ${key}: ${typeof value === 'number' ? Number(value.toFixed(3)) : value}`);
    }
    console.log(`  limit ${measurement.limit.name}: ${Math.round(measurement.limit.rate)}/s`);
    console.log(resultLine(scenario.name, measurement));
  }
} finally {
  await bench.stop();
}
const folder = join(repositoryRoot, 'load-tests', 'results');
await mkdir(folder, { recursive: true });
const file = join(folder, 'latest.json');
await writeFile(file, `${JSON.stringify({ at: new Date().toISOString(), hardware, results }, null, 2)}\n`);
