import { expect, test } from 'vitest';
import { namesIn } from './metric-names.ts';

test.each([
  ['up == 0', ['up'], []],
  [
    'sum by (topic) (rate(a_total{code=~"5..", x!="y"}[5m])) > 0.01 * sum(b_total)',
    ['a_total', 'b_total'],
    ['code', 'x', 'topic'],
  ],
  ['{__name__=~"a|b",job="m"} and on (service) c', ['a', 'b', 'c'], ['job', 'service']],
  ['histogram_quantile(0.99, sum by (le) (rate(a_bucket[1m])))', ['a_bucket'], ['le']],
  ['a > 1e3 or increase(b[15m]) > 2 unless c offset 5m', ['a', 'b', 'c'], []],
])('reads %s', (expression, metrics, labels) => {
  const names = namesIn(expression);
  expect(names.metrics.toSorted()).toEqual(metrics);
  expect(names.labels.toSorted()).toEqual(labels.toSorted());
});
