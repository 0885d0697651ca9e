import type { Series } from './exposition.ts';
import { TokenReader } from './token-reader.ts';

/** One element of what an expression gives. */
export interface Element {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** How to evaluate. */
export interface EvaluateOptions {
  readonly series: readonly Series[];
  /** Seconds, as those of the points. */
  readonly now: number;
  /** What bounds are multiplied with: a test has not the time for as much as an alert waits for. @default 1 */
  readonly scale?: number;
}

/** Points older than this are no longer a series' value; as Prometheus has it. */
const STALE_SECONDS = 300;
const SECONDS = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
]);

/**
 * What the part of Prometheus' language gives in which the alerts on lag and readiness are written: selectors, `deriv`
 * and `delta`, `sum`, `min` and `max` by labels, comparison with a number, and `and`.
 *
 * @throws Error at anything else
 */
export function evaluate(expression: string, options: EvaluateOptions): readonly Element[] {
  const reader = new TokenReader(expression);
  const found = both(reader, options);
  reader.end();
  return found;
}

function both(reader: TokenReader, options: EvaluateOptions): readonly Element[] {
  let left = comparison(reader, options);
  while (reader.peek() === 'and') {
    reader.next();
    const right = new Set(comparison(reader, options).map(({ labels }) => keyOf(labels)));
    left = left.filter(({ labels }) => right.has(keyOf(labels)));
  }
  return left;
}

function comparison(reader: TokenReader, options: EvaluateOptions): readonly Element[] {
  const left = operand(reader, options);
  const compare = comparisons.get(reader.peek());
  if (compare === undefined) return left;
  reader.next();
  const bound = Number(reader.next()) * (options.scale ?? 1);
  return left.filter(({ value }) => compare(value, bound));
}

const comparisons = new Map<string, (value: number, bound: number) => boolean>([
  ['>', (value, bound) => value > bound],
  ['>=', (value, bound) => value >= bound],
  ['<', (value, bound) => value < bound],
  ['<=', (value, bound) => value <= bound],
  ['==', (value, bound) => value === bound],
]);

const aggregations = new Map<string, (values: readonly number[]) => number>([
  ['sum', (values) => values.reduce((sum, value) => sum + value, 0)],
  ['min', (values) => Math.min(...values)],
  ['max', (values) => Math.max(...values)],
]);

const rangeFunctions = new Map<string, (points: Series['points']) => number>([
  ['delta', (points) => (points.at(-1)?.value ?? 0) - (points[0]?.value ?? 0)],
  ['deriv', slopeOf],
]);

function operand(reader: TokenReader, options: EvaluateOptions): readonly Element[] {
  const word = reader.peek();
  const aggregate = aggregations.get(word);
  if (aggregate !== undefined) {
    reader.next();
    reader.take('by');
    const names = reader.list('(', ')', () => reader.next());
    reader.take('(');
    const inner = both(reader, options);
    reader.take(')');
    return grouped(inner, names, aggregate);
  }
  const overRange = rangeFunctions.get(word);
  if (overRange !== undefined) {
    reader.next();
    reader.take('(');
    const found = selected(reader, options);
    const since = options.now - secondsOf(reader.next());
    reader.take(')');
    return found.flatMap(({ labels, points }) => {
      const within = points.filter(({ at }) => at >= since);
      const { __name__: _name, ...rest } = labels;
      return within.length < 2 ? [] : [{ labels: rest, value: overRange(within) }];
    });
  }
  return selected(reader, options).flatMap(({ labels, points }) => {
    const last = points.at(-1);
    return last === undefined || last.at < options.now - STALE_SECONDS ? [] : [{ labels, value: last.value }];
  });
}

function selected(reader: TokenReader, { series }: EvaluateOptions): readonly Series[] {
  const name = reader.peek() === '{' ? undefined : reader.next();
  const matches = reader.peek() === '{' ? reader.list('{', '}', () => matcher(reader)) : [];
  if (name !== undefined && !/^[a-zA-Z_:][\w:]*$/.test(name)) throw new Error(`${name} cannot be evaluated`);
  return series.filter(
    ({ labels }) =>
      (name === undefined || labels['__name__'] === name) && matches.every((match) => match(labels)),
  );
}

function matcher(reader: TokenReader): (labels: Series['labels']) => boolean {
  const label = reader.next();
  const kind = reader.take('=', '!=', '=~', '!~');
  const value = reader.next().slice(1, -1);
  const pattern = new RegExp(`^(?:${value})$`);
  const test = kind.endsWith('~') ? (text: string) => pattern.test(text) : (text: string) => text === value;
  return (labels) => test(labels[label] ?? '') !== kind.startsWith('!');
}

function grouped(
  elements: readonly Element[],
  names: readonly string[],
  aggregate: (values: readonly number[]) => number,
): readonly Element[] {
  const groups = Map.groupBy(elements, ({ labels }) =>
    keyOf(Object.fromEntries(names.map((name) => [name, labels[name] ?? '']))),
  );
  return [...groups.values()].map((group) => ({
    labels: Object.fromEntries(names.map((name) => [name, group[0]?.labels[name] ?? ''])),
    value: aggregate(group.map(({ value }) => value)),
  }));
}

/** By least squares, a second. */
function slopeOf(points: Series['points']): number {
  const meanOf = (pick: (point: Series['points'][number]) => number) =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const at = meanOf((point) => point.at);
  const value = meanOf((point) => point.value);
  const covariance = meanOf((point) => (point.at - at) * (point.value - value));
  const variance = meanOf((point) => (point.at - at) ** 2);
  return variance === 0 ? 0 : covariance / variance;
}

function secondsOf(range: string): number {
  const [, count, unit = ''] = /^\[(\d+)([smh])\]$/.exec(range) ?? [];
  if (count === undefined) throw new Error(`${range} is no range`);
  return Number(count) * (SECONDS.get(unit) ?? 1);
}

function keyOf(labels: Element['labels']): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
