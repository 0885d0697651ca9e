/** What runs in the page: draws each chart of the JSON beside it with uPlot. */
export const reportScript = `
const palette = ['#4269d0', '#efb118', '#ff725c', '#6cc5b0', '#3ca951', '#ff8ab7', '#a463f2', '#97bbf5', '#9c6b4e', '#9498a0'];
const ink = getComputedStyle(document.body).color;
const faint = 'rgba(128, 128, 128, .2)';
const charts = JSON.parse(document.getElementById('charts').textContent);
for (const place of document.querySelectorAll('[data-chart]')) {
  const chart = charts[Number(place.dataset.chart)];
  const paths = chart.steps ? uPlot.paths.stepped({ align: 1 }) : undefined;
  const series = chart.series.map(({ name }, index) => ({
    label: name, stroke: palette[index % palette.length], width: 1.5, paths, spanGaps: false,
    value: (plot, value) => (value === null ? '–' : value.toFixed(3)),
  }));
  const data = [chart.times, ...chart.series.map(({ values }) => values)];
  if (chart.threshold !== undefined) {
    series.push({ label: 'threshold', stroke: ink, dash: [6, 4], width: 1 });
    data.push(chart.times.map(() => chart.threshold));
  }
  const axis = () => ({ stroke: ink, grid: { stroke: faint }, ticks: { stroke: faint } });
  new uPlot({
    width: Math.max(480, place.clientWidth), height: 320,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), 'Etc/UTC'),
    axes: [axis(), axis()], series: [{}, ...series],
  }, data, place);
}
`;
