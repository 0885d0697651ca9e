import { z } from 'zod';
import type { OffsetVector } from '@millrace/events';
import { edgesOf, type Histogram, quantileRanks, type Window } from '@millrace/statistics';
import { type BinnedColumn, countInto, type WatchedColumn } from './histogram-query.ts';
import type { Queries } from './queries.ts';
import { eventsIn, type RowsSource } from './rows-source.ts';
import { doubleOfBits } from './sql.ts';

/** Most categories that get a bin of their own: the most frequent; all others of the reference count as NEW. */
export const MAX_CATEGORIES = 200;

/** What windows are held against: the bins, and the reference's own counts in them. */
export interface ReferenceProfile {
  readonly period: Window;
  readonly rows: bigint;
  readonly columns: readonly BinnedColumn[];
  /** In the order of the columns. */
  readonly histograms: readonly Histogram[];
}

/** Profiles a reference period at a vector: exact order statistics as edges, then counts as for any window. */
export async function profileReference(
  queries: Queries,
  source: RowsSource,
  period: Window,
  vector: OffsetVector,
  watched: readonly WatchedColumn[],
  bins: number,
): Promise<ReferenceProfile> {
  const rowsOf = (columns: readonly WatchedColumn[]) =>
    eventsIn(
      source,
      period,
      vector,
      columns.map(({ expression }, index) => ({ as: `watched__${index}`, expression })),
    );
  const numeric = watched.filter(({ type }) => type === 'numeric');
  const numericEdges = await edgesOfNumbers(queries, rowsOf(numeric), numeric, bins);
  const columns: BinnedColumn[] = [];
  for (const column of watched) {
    const edges =
      column.type === 'numeric'
        ? (numericEdges.get(column) ?? [])
        : column.type === 'categorical'
          ? await categoriesOf(queries, rowsOf([column]))
          : [];
    columns.push({ ...column, edges });
  }
  const counted = await countInto(queries, source, period, vector, columns);
  return { period, rows: counted.rows, columns, histograms: counted.histograms };
}

const counts = z.record(z.string(), z.coerce.bigint());
const quantiles = z.record(z.string(), z.array(z.string()));

async function edgesOfNumbers(
  queries: Queries,
  rows: string,
  columns: readonly WatchedColumn[],
  bins: number,
): Promise<ReadonlyMap<WatchedColumn, readonly string[]>> {
  const edges = new Map<WatchedColumn, readonly string[]>();
  if (columns.length === 0) return edges;
  const numbers = columns.map(({ kind }, index) => {
    const present = `isNotNull(watched__${index})`;
    return `countIf(${kind === 'real' ? `${present} AND NOT isNaN(watched__${index})` : present}) AS n_${index}`;
  });
  const [row] = await queries.rows(`SELECT ${numbers.join(', ')} FROM (${rows})`);
  const found = counts.parse(row);
  const cuts = columns.flatMap(({ kind }, index) => {
    const n = found[`n_${index}`] ?? 0n;
    if (n === 0n) return [];
    // Half a rank up, so that no rounding of level · n falls below the rank that is meant.
    const levels = quantileRanks(n, bins).map((rank) => (Number(rank) + 0.5) / Number(n));
    const text = kind === 'real' ? 'toString(reinterpretAsUInt64(cut))' : 'toString(cut)';
    return `arrayMap(cut -> ${text}, quantilesExactIf(${levels.join(', ')})(assumeNotNull(watched__${index}), isNotNull(watched__${index}))) AS q_${index}`;
  });
  if (cuts.length === 0) return edges;
  const [cut] = await queries.rows(`SELECT ${cuts.join(', ')} FROM (${rows})`);
  const values = quantiles.parse(cut);
  for (const [index, column] of columns.entries()) {
    const texts = values[`q_${index}`] ?? [];
    edges.set(
      column,
      edgesOf(
        column.kind,
        column.kind === 'real' ? texts.map((bits) => String(doubleOfBits(BigInt(bits)))) : texts,
      ),
    );
  }
  return edges;
}

const category = z.object({ value: z.string() });

async function categoriesOf(queries: Queries, rows: string): Promise<readonly string[]> {
  const found = await queries.rows(
    `SELECT assumeNotNull(watched__0) AS value FROM (${rows}) WHERE isNotNull(watched__0)
     GROUP BY value ORDER BY count() DESC, value LIMIT ${MAX_CATEGORIES}`,
  );
  return found.map((row) => category.parse(row).value).toSorted();
}
