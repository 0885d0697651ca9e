import { rm } from 'node:fs/promises';
import { type Running, startTogether } from '@millrace/kernel';
import { type AirlineCounts, runAirline } from '../app.ts';
import { injectDrift } from '../inject-drift.ts';
import type { Minutes } from '../minutes.ts';
import { readFlights } from '../read-flights.ts';
import { firstModelCard, loadScorer, priorScorer } from '../scorer.ts';
import { type CheckResult, runChecks } from './checks.ts';
import { demoMonitors } from './monitors.ts';
import { type DemoOptions, describeRange } from './options.ts';
import { parityChecks } from './parity-check.ts';
import { whenStored, whenWindowsClosed } from './progress-of-stores.ts';
import type { Output } from './progress.ts';
import { definitions, releaseFirstModel } from './release-model.ts';
import { heading, showSummary } from './show-summary.ts';
import { storeChecks } from './store-checks.ts';
import { summarise } from './summary.ts';
import { startWorld, type World } from './world.ts';
import { writeReport } from './write-report.ts';

const FIRST_DAY: Minutes = Date.UTC(2001, 0, 1) / 60_000;

/** What came of the demo. */
export interface DemoResult {
  readonly sent: AirlineCounts;
  readonly checks: readonly CheckResult[];
  readonly passed: boolean;
}

/** For tests. */
export interface DemoHooks {
  /** Called with everything in place, before it is checked. */
  readonly beforeChecks?: (world: World) => Promise<void>;
}

/** Flies the flights through Millrace and shows and checks what came of it; everything runs until it is stopped. */
export function startDemo(
  options: DemoOptions,
  output: Output,
  hooks: DemoHooks = {},
): Promise<Running<DemoResult>> {
  return startTogether(async (starter) => {
    if (!options.keep) await rm(options.folder, { recursive: true, force: true });
    const firstDay = options.from ?? FIRST_DAY;
    output.line('starting Kafka, the schema registry, Redis, ClickHouse and the six services …');
    const world = await starter.start(() =>
      startWorld({ folder: options.folder, monitors: demoMonitors(options, firstDay) }),
    );
    await world.millrace.definitions.apply(definitions);
    const card = await releaseFirstModel(world.millrace);
    output.line(`${describeRange(options)}, scored by ${card.model} version ${card.version}`);
    const sent = await fly(world, options, output, firstDay);
    await whenStored(world, output);
    await whenWindowsClosed(world, { predictedAt: sent.predictedAt, window: options.window }, output);
    await hooks.beforeChecks?.(world);
    const checks = await runChecks([...storeChecks(world, sent), ...parityChecks(world, sent.at)]);
    const summary = await summarise(world);
    showSummary(summary, output);
    heading(output, 'Checks');
    for (const { name, passed, detail } of checks) output.line(`${passed ? '✓' : '✗'} ${name}: ${detail}`);
    const lead = [`${describeRange(options)} in steps of ${options.step} minutes.`];
    const snapshot = { title: 'Snapshot', header: [], rows: [] };
    output.line(`\nreport: ${await writeReport(options.folder, lead, summary, snapshot, checks)}`);
    return { sent, checks, passed: checks.every(({ passed }) => passed) };
  });
}

async function fly({ millrace }: World, options: DemoOptions, output: Output, firstDay: Minutes) {
  const { flights: limit, from, until, step, warmUp, reference } = options;
  const range = { limit, ...(from !== undefined && { from }), ...(until !== undefined && { until }) };
  const real = readFlights(range);
  const driftFrom = firstDay + warmUp + reference;
  const scorer = await loadScorer(firstModelCard);
  const progress = output.progress('flights', limit, 'flights');
  const sent = await runAirline({
    millrace,
    flights: options.injectDrift ? injectDrift(real, driftFrom) : real,
    scorer: options.model ? scorer : priorScorer(scorer.features),
    stepMinutes: step,
    onStep: ({ predictions }) => progress.update(predictions),
  });
  progress.stop();
  return sent;
}
