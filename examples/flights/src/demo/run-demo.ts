import { rm } from 'node:fs/promises';
import { formatDuration, type Running, SECOND, startTogether } from '@millrace/kernel';
import { type AirlineCounts, runAirline } from '../app.ts';
import { INJECTED_DELAY, injectDrift } from '../inject-drift.ts';
import { formatMinutes, type Minutes } from '../minutes.ts';
import { readFlights } from '../read-flights.ts';
import { firstModelCard, loadScorer, priorScorer } from '../scorer.ts';
import { type CheckResult, runChecks } from './checks.ts';
import { demoMonitors } from './monitors.ts';
import { type DemoOptions, describeRange } from './options.ts';
import { whenStored, whenWindowsClosed } from './progress-of-stores.ts';
import type { Output } from './progress.ts';
import { proofChecks } from './proof-checks.ts';
import { definitions, releaseFirstModel } from './release-model.ts';
import { heading, showSnapshot, showSummary } from './show-summary.ts';
import { snapshotChecks, takeSnapshot } from './snapshot.ts';
import { storeChecks, windowsClosed } from './store-checks.ts';
import { summarise } from './summary.ts';
import { formatCount } from './table.ts';
import { startWorld, type World } from './world.ts';
import { writeReport } from './write-report.ts';

const FIRST_DAY: Minutes = Date.UTC(2001, 0, 1) / 60_000;

/** What came of the demo. */
export interface DemoResult {
  readonly world: World;
  readonly sent: AirlineCounts;
  readonly checks: readonly CheckResult[];
  readonly passed: boolean;
}

/** For tests. */
export interface DemoHooks {
  /** Called with everything in place, before it is checked. */
  readonly beforeChecks?: (world: World) => Promise<void>;
}

/**
 * Flies the flights through Millrace, waits until everything is where it belongs, and shows and checks what came
 * of it. Everything runs on until it is stopped.
 */
export function startDemo(
  options: DemoOptions,
  output: Output,
  hooks: DemoHooks = {},
): Promise<Running<DemoResult>> {
  return startTogether(async (starter) => {
    if (!options.keep) await rm(options.folder, { recursive: true, force: true });
    const firstDay = options.from ?? FIRST_DAY;
    const begun = performance.now();
    output.line('Starting Kafka, the schema registry, Redis, ClickHouse and the six services');
    const monitors = demoMonitors(options, firstDay);
    const world = await starter.start(() => startWorld({ folder: options.folder, monitors }));
    await world.millrace.definitions.apply(definitions);
    if (options.model) await releaseFirstModel(world.millrace);
    output.line(`  all running after ${secondsSince(begun)}`);

    const took = performance.now();
    const sent = await fly(world, options, output, firstDay);
    const events = sent.airportRows + sent.routeRows + sent.predictions + sent.labels;
    const rate = events / ((performance.now() - took) / 1000);
    await whenStored(world, output);
    const closed = await whenWindowsClosed(
      world,
      { predictedAt: sent.predictedAt, window: options.window },
      output,
    );
    await hooks.beforeChecks?.(world);

    const snapshot = await takeSnapshot(world.millrace, firstDay, sent.at);
    const checks = await runChecks([
      ...storeChecks(world, sent),
      ...proofChecks(world.verify()),
      ...snapshotChecks(world, snapshot, sent.predictions),
      windowsClosed(closed),
    ]);
    const summary = await summarise(world, firstDay + options.warmUp);
    showSummary(summary, output);
    showSnapshot(snapshot, output);
    heading(output, 'Checks');
    for (const { name, passed, detail } of checks)
      output.line(`${passed ? '✓' : '✗ FAILED'} ${name}: ${detail}`);
    const lead = [
      `${formatCount(sent.predictions)} flights from ${formatMinutes(firstDay)} to ${formatMinutes(sent.at)}, in ${formatCount(sent.steps)} steps of ${options.step} simulated minutes.`,
      `${formatCount(events)} events at ${formatCount(rate)} a second, ${secondsSince(begun)} in all.`,
      ...(options.injectDrift ? [injectedDrift(options, firstDay)] : []),
    ];
    heading(output, 'In all');
    for (const sentence of lead) output.line(sentence);
    output.line(`Charts: ${await writeReport(options.folder, { lead, summary, snapshot, checks })}`);
    return { world, sent, checks, passed: checks.every(({ passed }) => passed) };
  });
}

async function fly({ millrace }: World, options: DemoOptions, output: Output, firstDay: Minutes) {
  const { flights: limit, from, until, step } = options;
  const range = { limit, ...(from !== undefined && { from }), ...(until !== undefined && { until }) };
  const flights = readFlights(range);
  const scorer = await loadScorer(firstModelCard);
  if (options.injectDrift) output.line(injectedDrift(options, firstDay));
  const scoredBy = options.model
    ? `by model version ${scorer.version}`
    : 'with a constant, for want of a model';
  output.line(`Flying ${describeRange(options)} in steps of ${step} simulated minutes, scored ${scoredBy}`);
  const progress = output.progress('flights', limit, 'flights');
  const sent = await runAirline({
    millrace,
    flights: options.injectDrift ? injectDrift(flights, driftStart(options, firstDay)) : flights,
    scorer: options.model ? scorer : priorScorer(scorer.features),
    stepMinutes: step,
    onStep: ({ predictions }) => progress.update(predictions),
  });
  progress.stop();
  return sent;
}

function driftStart({ warmUp, reference }: DemoOptions, firstDay: Minutes): Minutes {
  return firstDay + warmUp + reference;
}

function injectedDrift(options: DemoOptions, firstDay: Minutes): string {
  const from = formatMinutes(driftStart(options, firstDay));
  return `A drift is injected for show: from ${from} on every flight is ${INJECTED_DELAY} minutes later than it was.`;
}

function secondsSince(begun: number): string {
  return formatDuration(BigInt(Math.round((performance.now() - begun) / 1000)) * SECOND);
}
