import type { BackpressureReport } from './run-backpressure.ts';
import type { GatewayFigures, OutageFigures } from './run-outage.ts';

/** Milliseconds in which a request is answered when Kafka does not: the append's limit, and some for a busy machine. */
const BOUND_MS = 15_000;
/** MiB by which a process may grow while a server is away and afterwards. */
const MOST_GROWTH = 150;

/** What is not as it has to be. */
export function problemsOf(report: BackpressureReport): readonly string[] {
  const { figures, left, lost, alertsLeft, queued, verified, processes, ended } = report;
  return [
    ...ended,
    ...processes.filter(({ survived }) => !survived).map(({ name }) => `${name} did not run all the time`),
    ...(lost.offline + lost.online > 0 ? [`lost: ${JSON.stringify(lost)}`] : []),
    ...(left > 0 ? [`${left} records were not applied in the end`] : []),
    ...alertsLeft.map((alert) => `${alert} did not end`),
    ...(queued.most > queued.budget ? [`${queued.most} bytes waited, of ${queued.budget} that may`] : []),
    ...(verified.clean ? [] : [`millrace verify: ${verified.said}`]),
    ...figures.flatMap(outageProblems),
  ];
}

function outageProblems({
  outage,
  away,
  memory,
  lagGauge,
  behind,
  alerts,
  caughtUp,
}: OutageFigures): readonly string[] {
  const name = `${outage.server} ${outage.manner}`;
  const problems: string[] = [];
  const allowed = outage.server === 'kafka' ? ['200', '503', '429'] : ['200'];
  const others = Object.keys(away.statuses).filter((status) => !allowed.includes(status));
  if (others.length > 0) problems.push(`${name}: the gateway answered ${JSON.stringify(away.statuses)}`);
  if (!caughtUp) problems.push(`${name}: not everything was applied after it was back`);
  if (away.withoutRetryAfter > 0)
    problems.push(`${name}: ${away.withoutRetryAfter} refusals without Retry-After`);
  if (away.slowest > BOUND_MS) problems.push(`${name}: an answer took ${Math.round(away.slowest)} ms`);
  if (outage.server !== 'kafka' && lagGauge * 10 < behind)
    problems.push(`${name}: ${behind} records were behind and the gauge said ${lagGauge}`);
  for (const alert of alerts.expected.filter((one) => !alerts.raised.includes(one)))
    problems.push(`${name}: nothing raised ${alert}`);
  for (const [process, [before, meanwhile, after]] of Object.entries(memory)) {
    const growth = Math.max(meanwhile, after) - before;
    if (growth > MOST_GROWTH) problems.push(`${name}: ${process} grew by ${growth} MiB`);
  }
  return problems;
}

/** The figures as a table, and the line that scripts read. */
export function reportText(report: BackpressureReport): string {
  const { figures, acknowledged, lost, queued, verified } = report;
  const stores = figures.filter(({ outage }) => outage.server !== 'kafka');
  const errors = stores.reduce((sum, { away }) => sum + away.calls - (away.statuses['200'] ?? 0), 0);
  const catchUp = Math.min(...stores.map((one) => one.catchUp ?? Number.POSITIVE_INFINITY));
  const growth = Math.max(
    0,
    ...figures.flatMap(({ memory }) => Object.values(memory).map(([a, b, c]) => Math.max(b, c) - a)),
  );
  const slowest = Math.max(0, ...figures.map(({ away }) => away.slowest));
  return [
    '| server | away | gateway before, p50 / p99 ms | while away | answers | lag at return (gauge) | alerts | catch-up | memory of projectors, MiB before / away / after |',
    '|---|---|---|---|---|---|---|---|---|',
    ...figures.map(rowOf),
    `scenario=backpressure acknowledged=${acknowledged} lost=${lost.offline + lost.online} store-errors=${errors} slowest=${Math.round(slowest)}ms catch-up=${Number.isFinite(catchUp) ? catchUp : 0}/s rss-growth=${growth} queued=${queued.most}/${queued.budget} verify=${verified.clean ? 'ok' : 'differences'}`,
  ].join('\n');
}

function rowOf({ outage, before, away, behind, lagGauge, alerts, catchUp, memory }: OutageFigures): string {
  const projectors = ['online-projector', 'offline-projector']
    .map((name) => `${name.split('-')[0]} ${(memory[name] ?? []).join(' / ')}`)
    .join(', ');
  return `| ${outage.server} | ${outage.manner}, ${outage.seconds.toFixed(0)} s | ${latency(before)} | ${latency(away)} | ${JSON.stringify(away.statuses).replaceAll('"', '')} | ${behind} (${lagGauge}) | ${alerts.raised.join(', ') || '–'} | ${catchUp === undefined ? '–' : `${catchUp}/s`} | ${projectors} |`;
}

function latency({ p50, p99 }: GatewayFigures): string {
  return `${p50.toFixed(1)} / ${p99.toFixed(1)}`;
}
