import type { HttpReport } from './run-http.ts';

const SHOWN = 20;

/** The report as text; its last line is for scripts. */
export function httpReportText({ requests, statuses, findings }: HttpReport): string {
  const byProblem = Map.groupBy(findings, ({ problem }) => problem);
  return [
    `answers by status: ${JSON.stringify(statuses)}`,
    ...[...byProblem]
      .slice(0, SHOWN)
      .flatMap(([problem, [first, ...others]]) => [
        `${others.length + 1} × ${problem}`,
        `    ${first?.request}`,
        `    ${first?.answer}`,
      ]),
    `requests=${requests} findings=${findings.length}`,
  ].join('\n');
}
