import { mkdir, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CheckResult } from './checks.ts';
import { PSI_THRESHOLD } from './monitors.ts';
import { type Chart, driftReportChart, type Report, renderReport } from './report.ts';
import { describeRequest, onlineTable, topicTable } from './show-summary.ts';
import { manifestTable, type TrainingSnapshot } from './snapshot.ts';
import type { Summary } from './summary.ts';

/** What the page tells. */
export interface ReportContents {
  /** Sentences under the title. */
  readonly lead: readonly string[];
  readonly summary: Summary;
  readonly snapshot: TrainingSnapshot;
  readonly checks: readonly CheckResult[];
}

/** Writes the page with the charts and answers where it is. */
export async function writeReport(folder: string, contents: ReportContents): Promise<string> {
  const file = resolve(folder, 'report.html');
  await mkdir(folder, { recursive: true });
  await writeFile(file, await renderReport(reportOf(contents)));
  return file;
}

function reportOf({ lead, summary, snapshot, checks }: ReportContents): Report {
  const [snapshotHeader, snapshotRows] = manifestTable(snapshot);
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
      { title: 'The training snapshot', header: snapshotHeader, rows: snapshotRows },
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
