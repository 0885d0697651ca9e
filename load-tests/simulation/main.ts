import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Report } from './reports.ts';
import { runSeed, worlds } from './run-seed.ts';
import { runWorkers } from './run-workers.ts';
import { shortest } from './shrink.ts';

const names = Object.keys(worlds);
const TELL_EVERY_MS = 5_000;
const MOST_TOLD = 5;

const optionsSchema = z.object({
  seeds: z.coerce.number().int().min(1).default(100_000),
  first: z.coerce.number().int().min(0).default(1),
  workers: z.coerce.number().int().min(1).default(Math.min(8, availableParallelism())),
  world: z.array(z.enum(names)).default(names),
  seed: z.coerce.number().int().min(0).optional(),
});

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    first: { type: 'string' },
    workers: { type: 'string' },
    seed: { type: 'string' },
    world: { type: 'string', multiple: true },
  },
});
const options = optionsSchema.parse(values);
process.exitCode = options.seed === undefined ? await runMany() : await repeat(options.seed);

/** Runs one seed and prints its history. */
async function repeat(seed: number): Promise<number> {
  let broken = 0;
  for (const world of options.world) {
    const makeWorld = worlds[world];
    if (makeWorld === undefined) continue;
    const { violation, lines } = await runSeed(seed, makeWorld, { keepLines: true });
    console.log(`seed ${seed}, world ${world}`);
    for (const line of lines) console.log(line);
    console.log(violation === undefined ? 'every promise held\n' : `BROKEN: ${violation.message}\n`);
    if (violation !== undefined) broken += 1;
  }
  return broken === 0 ? 0 : 1;
}

async function runMany(): Promise<number> {
  const { seeds, first, workers } = options;
  const started = performance.now();
  const broken: Report['broken'] = [];
  let done = 0;
  let told = 0;
  const seconds = () => (performance.now() - started) / 1000;
  await runWorkers({
    first,
    count: seeds,
    workers,
    worlds: options.world,
    onReport(report) {
      done += report.seeds;
      broken.push(...report.broken);
      for (const { seed, world, message } of report.broken) {
        console.log(`seed ${seed}, world ${world}, is broken: ${message}`);
      }
      if (performance.now() - told < TELL_EVERY_MS) return;
      told = performance.now();
      console.log(`${done} of ${seeds} seeds, ${Math.round(done / seconds())}/s, ${broken.length} broken`);
    },
  });
  for (const { seed, world, promise, message } of broken.slice(0, MOST_TOLD)) {
    const makeWorld = worlds[world];
    if (makeWorld === undefined) continue;
    console.log(`\nseed ${seed}, world ${world}: ${message}\nthe shortest history found:`);
    const { lines, violation } = await shortest(seed, makeWorld, promise);
    for (const line of lines) console.log(line);
    console.log(`BROKEN: ${violation?.message ?? message}`);
    console.log(`repeat it whole: npm run simulate -- --seed ${seed} --world ${world}`);
  }
  console.log(
    `seeds=${done} worlds=${options.world.join('+')} broken=${broken.length} seconds=${seconds().toFixed(0)}`,
  );
  return broken.length === 0 ? 0 : 1;
}
