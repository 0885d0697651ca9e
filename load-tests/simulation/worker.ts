import { type Report, taskSchema } from './reports.ts';
import { runSeed, worlds } from './run-seed.ts';

const SEEDS_IN_REPORT = 50;

// A stack for each of the many errors of a history costs more than the rest of it.
Error.stackTraceLimit = 0;

let report: Report = { seeds: 0, broken: [] };

async function tell(): Promise<void> {
  const telling = report;
  report = { seeds: 0, broken: [] };
  await new Promise<void>((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(telling, () => resolve());
  });
}

const { first, count, stride, worlds: names } = taskSchema.parse(JSON.parse(process.argv[2] ?? ''));
for (let seed = first; seed < first + count; seed += stride) {
  for (const world of names) {
    const makeWorld = worlds[world];
    if (makeWorld === undefined) throw new RangeError(`there is no world ${world}`);
    const { violation } = await runSeed(seed, makeWorld);
    if (violation === undefined) continue;
    report.broken.push({ seed, world, promise: violation.promise, message: violation.message });
  }
  report.seeds += 1;
  if (report.seeds >= SEEDS_IN_REPORT) await tell();
}
await tell();
process.disconnect();
