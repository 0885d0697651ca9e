import { z } from 'zod';
import type { OffsetVector } from '@millrace/events';
import type { Micros } from '@millrace/kernel';
import { type Window, windowContaining } from '@millrace/statistics';
import type { Monitor } from './monitor.ts';
import type { Queries } from './queries.ts';
import { eventsByPart, type RowsSource } from './rows-source.ts';
import { knownTo } from './sql.ts';
import type { WindowHistory } from './window-history.ts';

/** A window that has rows. */
export interface WindowRows {
  readonly window: Window;
  readonly rows: bigint;
}

const windowRows = z.object({ part: z.coerce.bigint(), events: z.coerce.bigint() });

/** The tumbling windows of a period that have rows at a vector, with how many, in order. */
export async function windowsWithRows(
  queries: Queries,
  source: RowsSource,
  period: Window,
  vector: OffsetVector,
  size: Micros,
): Promise<readonly WindowRows[]> {
  const micros = 'toUnixTimestamp64Micro(event_time)';
  const start = `${micros} - positiveModulo(${micros}, toInt64(${size}))`;
  const found = await queries.rows(eventsByPart(source, period, vector, start));
  return found.map((row) => {
    const { part, events } = windowRows.parse(row);
    return { window: { start: part, end: part + size }, rows: events };
  });
}

const firstRow = z.object({ first: z.coerce.bigint().nullable() });

/**
 * The reference period of a monitor. "The first windows" are counted from the first window that has rows, when
 * that is first asked; afterwards the log's own first result tells what it was.
 *
 * @returns undefined while there are no rows.
 */
export async function referencePeriod(
  queries: Queries,
  source: RowsSource,
  vector: OffsetVector,
  monitor: Monitor,
  history: WindowHistory,
): Promise<Window | undefined> {
  const { reference, windowSize } = monitor;
  if (reference.kind === 'period') return { start: reference.start, end: reference.end };
  const length = BigInt(reference.count) * windowSize;
  const recorded = history.first(monitor.name);
  if (recorded !== undefined && recorded.referenceEnd - recorded.referenceStart === length) {
    return { start: recorded.referenceStart, end: recorded.referenceEnd };
  }
  const [row] = await queries.rows(
    `SELECT minOrNull(toUnixTimestamp64Micro(event_time)) AS first FROM ${source.table}
     WHERE ${knownTo(vector, source.topic, source.epoch)} AND ${source.filter ?? '1'} AND NOT ${source.deletion ?? '0'}`,
  );
  const { first } = firstRow.parse(row);
  if (first === null) return undefined;
  const { start } = windowContaining(first, windowSize);
  return { start, end: start + length };
}
