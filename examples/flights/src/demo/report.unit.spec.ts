import { describe, expect, it } from 'vitest';
import { driftChart, driftTable } from './drift-chart.ts';
import { type DriftPoint, featuresByDrift } from './drift-points.ts';
import { driftReportChart, renderReport } from './report.ts';

const day = (number: number) => Date.UTC(2001, 0, number);
const window = (number: number, psi: readonly (number | null)[]): DriftPoint => ({
  monitor: 'model',
  subject: 'late_arrival',
  start: day(number),
  end: day(number + 1),
  revision: 1,
  rows: 16_000 + number,
  driftedShare: psi.filter((value) => (value ?? 0) > 0.1).length / psi.length,
  features: psi.map((value, index) => ({
    name: ['origin__mean_delay', 'output', '<b>'][index] ?? '',
    psi: value,
    nullShare: 0,
    drifted: (value ?? 0) > 0.1,
  })),
});
const windows = [window(3, [0.02, 0.4, null]), window(4, [0.25, 0.05, 0])];

describe('driftTable', () => {
  it('puts what moved most first and marks what drifted', () => {
    const lines = driftTable(windows).split('\n');
    expect(lines[0]?.split(/ {2,}/)).toEqual(['PSI', '3 Jan 00:00', '4 Jan 00:00']);
    expect(lines[2]?.split(/ +/)).toEqual(['output', '0.400*', '0.050']);
    expect(lines[3]?.split(/ +/)).toEqual(['origin__mean_delay', '0.020', '0.250*']);
    expect(lines[4]?.split(/ +/)).toEqual(['<b>', '–', '0.000']);
    expect(lines.at(-1)?.split(/ +/)).toEqual(['rows', '16,003', '16,004']);
  });
});

describe('driftChart', () => {
  it('draws the features over the windows, and no colours where there is no terminal', () => {
    const chart = driftChart(windows, 0.1, false);
    expect(chart).toContain('3 Jan');
    expect(chart).toContain('0.40');
    expect(chart).toContain('origin__mean_delay');
    expect(chart).not.toContain('\u001b');
  });
});

describe('renderReport', () => {
  it('is one page that asks nobody for anything and holds the numbers', async () => {
    const charts = [driftReportChart(windows, 0.1)];
    const tables = [{ title: 'Events', header: ['topic', 'events'], rows: [['<predictions>', '100']] }];
    const html = await renderReport({ title: 'Flights & drift', lead: ['</script><b>'], charts, tables });
    expect(html).not.toMatch(/(src|href)=/);
    expect(html).toContain('Flights &amp; drift');
    expect(html).toContain('&lt;predictions&gt;');
    expect(html).not.toContain('</script><b>');
    const data = /id="charts">(.*?)<\/script>/s.exec(html)?.[1] ?? '';
    expect(JSON.parse(data)).toEqual([
      {
        title: 'Drift of late_arrival against its reference (PSI)',
        times: [3, 4, 5].map((number) => day(number) / 1000),
        series: [
          { name: 'output', values: [0.4, 0.05, 0.05] },
          { name: 'origin__mean_delay', values: [0.02, 0.25, 0.25] },
          { name: '<b>', values: [null, 0, 0] },
        ],
        threshold: 0.1,
        steps: true,
      },
    ]);
  });

  it('orders features by their largest drift', () => {
    expect(featuresByDrift(windows)).toEqual(['output', 'origin__mean_delay', '<b>']);
  });
});
