import { expect, test } from 'vitest';
import { alertExpression } from './alert-rules.ts';
import { evaluate } from './evaluate.ts';
import { Scrapes } from './exposition.ts';

/** Scrapes a second apart. */
function scraped(...texts: readonly string[]): Scrapes {
  const scrapes = new Scrapes();
  texts.forEach((text, at) => scrapes.add(text, at));
  return scrapes;
}

const twoInstances = scraped(
  'lag{service="a",partition="0",instance="1"} 1\nlag{service="a",partition="0",instance="2"} 5',
  '# HELP lag of "it"\nlag{service="a",partition="0",instance="1"} 4\nlag{service="a",partition="0",instance="2"} 9\nlag{service="a",partition="1",instance="1"} 7',
);

test.each([
  ['lag{instance="2"}', [9]],
  ['{__name__=~"lag|other",instance!="2",partition!~"1|3"} >= 4', [4]],
  ['sum by (service) (min by (service, partition) (lag))', [11]],
  ['max by (service) (lag) > 9', []],
  ['max by (instance) (delta(lag[5m])) > 3', [4]],
  ['deriv(lag{instance="1"}[5m])', [3]],
  ['lag > 4 and lag < 9', [7]],
])('evaluates %s', (expression, values) => {
  const found = evaluate(expression, { series: twoInstances.all(), now: 1 });
  expect(found.map(({ value }) => value)).toEqual(values);
});

test('bounds are scaled on demand, old points are no values, and what it does not know it refuses', () => {
  const series = twoInstances.all();
  expect(evaluate('lag > 800', { series, now: 1, scale: 0.01 })).toHaveLength(1);
  expect(evaluate('lag', { series, now: 1_000 })).toEqual([]);
  expect(evaluate('delta(lag[1s])', { series, now: 2 })).toEqual([]);
  expect(() => evaluate('rate(lag[5m])', { series, now: 1 })).toThrow('cannot be evaluated');
  expect(() => evaluate('lag offset 5m', { series, now: 1 })).toThrow('cannot be evaluated');
});

test.each([
  ['MillraceLagGrows', [20_000, 30_000], ['features.a']],
  ['MillraceLagGrows', [30_000, 20_000], []],
  ['MillraceLagGrows', [100, 200], []],
  ['MillraceLagStands', [200, 200], ['features.a']],
  ['MillraceLagStands', [200, 100], []],
  ['MillraceLagStands', [0, 0], []],
])('the alert %s with a lag of %j', (alert, lags, topics) => {
  const texts = lags.map(
    (lag) =>
      `millrace_online_projector_lag_records{topic="features.a",partition="0",service="online-projector"} ${lag}`,
  );
  const found = evaluate(alertExpression(alert), { series: scraped(...texts).all(), now: 1 });
  expect(found.map(({ labels }) => labels['topic'])).toEqual(topics);
});
