import { z } from 'zod';
import type { OffsetVector } from '@millrace/events';
import { binCounts, type Histogram, type NumericKind, UNBOUNDED, type Window } from '@millrace/statistics';
import { literal } from '@millrace/offline-store';
import type { Queries } from './queries.ts';
import { eventsIn, type RowsSource } from './rows-source.ts';
import { sqlDouble } from './sql.ts';

/** A column of the base rows that is watched. */
export interface WatchedColumn {
  readonly name: string;
  /** Gives null for no value; else an Int64 or Float64 by kind, a String, or, for presence, anything. */
  readonly expression: string;
  readonly type: Histogram['type'];
  readonly kind: NumericKind;
}

/** The bins of a watched column, as its reference has set them. */
export interface BinnedColumn extends WatchedColumn {
  /** numeric: the inclusive upper edges. categorical: the categories. presence: none. */
  readonly edges: readonly string[];
}

/** The rows of a window, counted out. */
export interface Counted {
  readonly rows: bigint;
  /** In the order of the columns. */
  readonly histograms: readonly Histogram[];
}

const count = z.union([z.string(), z.number()]).transform((value) => BigInt(value));
const counts = z.array(count);
const answer = z.looseObject({ rows: count });

/** Counts the rows of a stretch of event time at a vector into bins: one query, integers only. */
export async function countInto(
  queries: Queries,
  source: RowsSource,
  period: Window,
  vector: OffsetVector,
  columns: readonly BinnedColumn[],
): Promise<Counted> {
  const selected = columns.map(({ expression }, index) => ({ as: alias(index), expression }));
  const measures = columns.map((column, index) => `${measure(column, alias(index))} AS counts_${index}`);
  const [row] = await queries.rows(
    `SELECT ${['count() AS rows', ...measures].join(', ')} FROM (${eventsIn(source, period, vector, selected)})`,
  );
  const found = answer.parse(row);
  return {
    rows: found.rows,
    histograms: columns.map((column, index) =>
      histogram(column, counts.parse(found[`counts_${index}`]), found.rows),
    ),
  };
}

function alias(index: number): string {
  return `watched__${index}`;
}

function measure(column: BinnedColumn, value: string): string {
  switch (column.type) {
    case 'presence':
      return `[countIf(isNotNull(${value}))]`;
    case 'numeric': {
      const upTo = column.edges.map((edge) => `countIf(${value} <= ${bound(column.kind, edge)})`);
      const notANumber = column.kind === 'real' ? [`countIf(isNaN(${value}))`] : [];
      return `[${[...upTo, ...notANumber, `countIf(isNotNull(${value}))`].join(', ')}]`;
    }
    case 'categorical': {
      const bins = column.edges.length;
      if (bins === 0) return `[countIf(isNotNull(${value}))]`;
      const indexes = column.edges.map((_, index) => index + 1).join(', ');
      const bin = `transform(assumeNotNull(${value}), [${column.edges.map(literal).join(', ')}], [${indexes}], ${bins + 1})`;
      const ones = `arrayMap(bin -> toUInt64(bin = ${bin}), range(1, ${bins + 2}))`;
      return `sumForEachIf(${ones}, isNotNull(${value}))`;
    }
    default:
      return column.type satisfies never;
  }
}

function bound(kind: NumericKind, edge: string): string {
  return kind === 'integer' ? `toInt64(${edge})` : sqlDouble(Number(edge));
}

function histogram(column: BinnedColumn, found: readonly bigint[], rows: bigint): Histogram {
  const { type, edges, kind } = column;
  switch (type) {
    case 'presence': {
      const [present = 0n] = found;
      return { type, bins: ['PRESENT'], counts: [present, rows - present] };
    }
    case 'numeric': {
      const present = found.at(-1) ?? 0n;
      const notANumber = kind === 'real' ? [found.at(-2) ?? 0n] : [];
      const numbers = present - (notANumber[0] ?? 0n);
      const binned = binCounts(found.slice(0, edges.length), numbers);
      const names = [...edges, UNBOUNDED, ...(kind === 'real' ? ['NaN'] : [])];
      return { type, bins: names, counts: [...binned, ...notANumber, rows - present] };
    }
    case 'categorical': {
      // Without a row that has a value, ClickHouse sums to an empty array.
      const binned = Array.from({ length: edges.length + 1 }, (_, index) => found[index] ?? 0n);
      const present = binned.reduce((sum, one) => sum + one, 0n);
      return { type, bins: edges, counts: [...binned.slice(0, -1), rows - present, ...binned.slice(-1)] };
    }
    default:
      return type satisfies never;
  }
}
