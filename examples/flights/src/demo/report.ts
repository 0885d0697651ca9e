import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type DriftPoint, featuresByDrift } from './drift-points.ts';
import { reportScript } from './report-script.ts';

/** What the HTML page shows. */
export interface Report {
  readonly title: string;
  /** Sentences under the title. */
  readonly lead: readonly string[];
  readonly tables: readonly ReportTable[];
  readonly charts: readonly Chart[];
}

/** A table of the page. */
export interface ReportTable {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A chart of the page, over time. */
export interface Chart {
  readonly title: string;
  /** Seconds since 1970, rising. */
  readonly times: readonly number[];
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
  /** A line to hold the values against. */
  readonly threshold?: number;
  /** Whether a value holds until the next time, as that of a window does. */
  readonly steps?: boolean;
}

/** The drift of the windows of one monitor as a chart. */
export function driftReportChart(points: readonly DriftPoint[], threshold: number): Chart {
  const last = points.at(-1);
  const shown = last === undefined ? [] : [...points, { ...last, start: last.end }];
  return {
    title: `Drift of ${last?.subject ?? 'nothing'} against its reference (PSI)`,
    times: shown.map(({ start }) => start / 1000),
    series: featuresByDrift(points).map((name) => ({
      name,
      values: shown.map(({ features }) => features.find((feature) => feature.name === name)?.psi ?? null),
    })),
    threshold,
    steps: true,
  };
}

/** The page as one HTML file that needs nothing else: charts by uPlot, which is inlined. */
export async function renderReport(report: Report): Promise<string> {
  const uplot = dirname(createRequire(import.meta.url).resolve('uplot'));
  const [script, style] = await Promise.all(
    ['uPlot.iife.min.js', 'uPlot.min.css'].map((name) => readFile(join(uplot, name), 'utf8')),
  );
  const charts = JSON.stringify(report.charts).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(report.title)}</title>
<style>${style}
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
.data { border-collapse: collapse; width: 100%; margin: 0 0 2rem; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
.data :is(th, td) { text-align: right; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); white-space: nowrap; }
.data :is(th, td):first-child { text-align: left; }
.chart { margin: 0 0 2rem; overflow-x: auto; }
</style>
<h1>${escapeHtml(report.title)}</h1>
${report.lead.map((sentence) => `<p>${escapeHtml(sentence)}</p>`).join('\n')}
${report.charts.map(({ title }, index) => `<h2>${escapeHtml(title)}</h2>\n<div class="chart" data-chart="${index}"></div>`).join('\n')}
${report.tables.map(renderTable).join('\n')}
<script>${script}</script>
<script type="application/json" id="charts">${charts}</script>
<script>${reportScript}</script>
</html>
`;
}

function renderTable({ title, header, rows }: ReportTable): string {
  const row = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<h2>${escapeHtml(title)}</h2>
<table class="data">${row(header, 'th')}${rows.map((cells) => row(cells, 'td')).join('')}</table>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
