import { plot } from 'simple-ascii-chart';
import { type DriftPoint, featuresByDrift } from './drift-points.ts';
import { formatCount, textTable } from './table.ts';

const COLOURS = ['ansiRed', 'ansiBlue', 'ansiYellow'] as const;

/** The windows of one monitor as a chart for the terminal: the features that drifted most, and the threshold. */
export function driftChart(points: readonly DriftPoint[], threshold: number, colour = true): string {
  const names = featuresByDrift(points).slice(0, COLOURS.length);
  const lines = names.map((name) => plateaus(points.map(({ features }) => psiOf(features, name) ?? 0)));
  const highest = Math.max(threshold * 1.5, ...lines.flat().map(([, psi]) => psi * 1.1));
  return plot(lines, {
    width: Math.min(100, Math.max(50, points.length * 6)),
    height: 10,
    title: `PSI of the ${names.length} features of ${points[0]?.subject ?? 'nothing'} that moved most; line: ${threshold}`,
    yRange: [0, highest],
    thresholds: [{ y: threshold }],
    legend: { position: 'bottom', series: names },
    ...(colour && { color: [...COLOURS] }),
    customYAxisTicks: [0, threshold, highest / 1.1],
    customXAxisTicks: everyNth(points.length, 10),
    formatter: (value, { axis }) => (axis === 'x' ? tickOf(points[value]) : value.toFixed(2)),
  }).replaceAll(/[^\S\n]+$/gm, '');
}

/** The last windows of one monitor as a table: PSI of each feature, with an asterisk where it drifted. */
export function driftTable(points: readonly DriftPoint[], most = 7): string {
  const shown = points.slice(-most);
  const header = ['PSI', ...shown.map(({ start }) => `${dayOf(start)} ${timeOf(start)} `)];
  const features = featuresByDrift(shown).map((name) => [
    name,
    ...shown.map((point) => psiCell(point, name)),
  ]);
  const rows = ['rows', ...shown.map((point) => `${formatCount(point.rows)} `)];
  const drifted = ['drifted', ...shown.map(({ driftedShare }) => `${Math.round(driftedShare * 100)} % `)];
  return textTable(header, [...features, drifted, rows]);
}

function psiCell({ features }: DriftPoint, name: string): string {
  const feature = features.find((candidate) => candidate.name === name);
  return `${feature?.psi?.toFixed(3) ?? '–'}${feature?.drifted === true ? '*' : ' '}`;
}

function psiOf(features: DriftPoint['features'], name: string): number | null | undefined {
  return features.find((feature) => feature.name === name)?.psi;
}

/** A line is drawn from point to point: one more point at the end gives the last window its width. */
function plateaus(values: readonly number[]): [number, number][] {
  return [...values, values.at(-1) ?? 0].map((value, index) => [index, value]);
}

function everyNth(count: number, most: number): number[] {
  const every = Math.max(1, Math.ceil(count / most));
  return Array.from({ length: Math.ceil(count / every) }, (_, index) => index * every);
}

const DAY = 86_400_000;

/** The day of a window, and for windows within a day the time. */
function tickOf(window: DriftPoint | undefined): string {
  if (window === undefined) return '';
  return window.end - window.start < DAY ? timeOf(window.start) : dayOf(window.start);
}

function dayOf(time: number): string {
  return new Date(time).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
}

function timeOf(time: number): string {
  return new Date(time).toISOString().slice(11, 16);
}
