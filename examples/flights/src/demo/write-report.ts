import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckResult } from './checks.ts';
import { PSI_THRESHOLD } from './monitors.ts';
import { type Chart, driftReportChart, type Report, renderReport, type ReportTable } from './report.ts';
import { describeRequest, onlineTable, topicTable } from './show-summary.ts';
import type { Summary } from './summary.ts';

/** Writes the page with the charts and answers where it is. */
export async function writeReport(
  folder: string,
  lead: readonly string[],
  summary: Summary,
  snapshot: ReportTable,
  checks: readonly CheckResult[],
): Promise<string> {
  const file = join(folder, 'report.html');
  await mkdir(folder, { recursive: true });
  await writeFile(file, await renderReport(reportOf(lead, summary, snapshot, checks)));
  return file;
}

function reportOf(
  lead: readonly string[],
  summary: Summary,
  snapshot: ReportTable,
  checks: readonly CheckResult[],
): Report {
  const [topicHeader, topicRows] = topicTable(summary);
  const [onlineHeader, onlineRows] = onlineTable(summary);
  const windows = [...Map.groupBy(summary.windows, ({ monitor }) => monitor).values()];
  return {
    title: 'Millrace: the flights',
    lead: [...lead, ...summary.requests.map(describeRequest)],
    charts: [latenessChart(summary), ...windows.map((points) => driftReportChart(points, PSI_THRESHOLD))],
    tables: [
      { title: 'Events by topic', header: topicHeader, rows: topicRows },
      { title: 'The online store', header: onlineHeader, rows: onlineRows },
      snapshot,
      {
        title: 'Checks',
        header: ['check', 'passed', 'found'],
        rows: checks.map(({ name, passed, detail }) => [name, passed ? 'yes' : 'no', detail]),
      },
    ],
  };
}

function latenessChart({ hours }: Summary): Chart {
  return {
    title: 'Late flights by the hour: what the model expected, and what came true once they had landed',
    times: hours.map(({ start }) => start),
    series: [
      { name: 'expected share', values: hours.map(({ predicted }) => predicted) },
      { name: 'observed share', values: hours.map(({ observed }) => observed) },
    ],
  };
}
