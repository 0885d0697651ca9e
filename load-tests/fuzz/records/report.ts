import type { RecordsReport } from './run-records.ts';

/** MiB by which a process may grow after its warm-up: less than what a leak of a few bytes a record makes of it. */
const MOST_GROWTH = 64;
const SHOWN = 20;

/** Whether all is as it has to be. */
export function verdict({ findings, broken, processes }: RecordsReport): boolean {
  return (
    findings.length === 0 &&
    broken.length === 0 &&
    processes.every(({ survived, growth }) => survived && growth < MOST_GROWTH)
  );
}

/** The report as text; its last line is for scripts. */
export function reportText(report: RecordsReport): string {
  const { records, malformed, deadLetters, good, findings, broken, processes } = report;
  const byProblem = Map.groupBy(findings, ({ problem, topic, what }) => `${topic}: ${what}: ${problem}`);
  const growth = Math.max(0, ...processes.map((one) => one.growth));
  return [
    '| process | MiB first | most | last | growth after warm-up | survived |',
    '|---|---|---|---|---|---|',
    ...processes.map(
      ({ name, first, most, last, growth: grown, survived }) =>
        `| ${name} | ${first} | ${most} | ${last} | ${grown} | ${survived ? 'yes' : 'NO'} |`,
    ),
    ...[...byProblem]
      .slice(0, SHOWN)
      .map(([problem, found]) => `${found.length} × ${problem} (such as ${found[0]?.place})`),
    ...broken,
    `records=${records} malformed=${malformed} dead-letters=${deadLetters} good=${good} missing=${findings.length} rss-growth=${growth}`,
  ].join('\n');
}
