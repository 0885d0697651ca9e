import type { RecordsReport } from './run-records.ts';

/**
 * MiB by which what a process holds on to may grow in the second half of a run: some code that is compiled late, and
 * the windows that the monitor keeps. Of 100,000 records, 170 bytes kept of each would be more.
 */
const MOST_LIVE_GROWTH = 8;
/** MiB by which the memory that a process has reserved may grow from the third quarter of a run to the last. */
const MOST_LATE_GROWTH = 64;
const SHOWN = 20;

/** Whether all is as it has to be. */
export function verdict({ findings, broken, processes, live }: RecordsReport): boolean {
  return (
    findings.length === 0 &&
    broken.length === 0 &&
    processes.every(({ survived, lateGrowth }) => survived && lateGrowth < MOST_LATE_GROWTH) &&
    liveGrowth(live) < MOST_LIVE_GROWTH
  );
}

/** MiB by which the process that grew most did. */
function liveGrowth(live: RecordsReport['live']): number {
  return Math.max(0, ...[...live.values()].map(({ middle, end }) => end - middle));
}

/** The report as text; its last line is for scripts. */
export function reportText(report: RecordsReport): string {
  const { records, malformed, deadLetters, good, findings, broken, processes, live } = report;
  const byProblem = Map.groupBy(findings, ({ problem, topic, what }) => `${topic}: ${what}: ${problem}`);
  const late = Math.max(0, ...processes.map((one) => one.lateGrowth));
  return [
    '| process | held MiB middle | end | resident MiB first | most | last | last quarter above third | survived |',
    '|---|---|---|---|---|---|---|---|',
    ...processes.map(({ name, first, most, last, lateGrowth, survived }) => {
      const { middle, end } = live.get(name) ?? {};
      const held = `${middle?.toFixed(1) ?? ''} | ${end?.toFixed(1) ?? ''}`;
      return `| ${name} | ${held} | ${first} | ${most} | ${last} | ${lateGrowth} | ${survived ? 'yes' : 'NO'} |`;
    }),
    ...[...byProblem]
      .slice(0, SHOWN)
      .map(([problem, found]) => `${found.length} × ${problem} (such as ${found[0]?.place})`),
    ...broken,
    `records=${records} malformed=${malformed} dead-letters=${deadLetters} good=${good} missing=${findings.length} held-growth=${liveGrowth(live).toFixed(1)} rss-growth=${late}`,
  ].join('\n');
}
