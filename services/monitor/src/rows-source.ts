import type { OffsetVector } from '@millrace/events';
import { laterCopies } from '@millrace/offline-store';
import type { Window } from '@millrace/statistics';
import { inWindow, knownTo } from './sql.ts';

/** The base rows that a monitor counts. */
export interface RowsSource {
  /** The raw table, quoted. */
  readonly table: string;
  readonly topic: string;
  readonly epoch: number;
  /** Which of its rows; null for all. */
  readonly filter: string | null;
  /** Whether a row is a deletion, which no window counts; null where there are none. */
  readonly deletion: string | null;
}

/** A column of a base row, by an expression and the name that it gets. */
export interface SelectedColumn {
  readonly as: string;
  readonly expression: string;
}

/** Which rows of the table lie in a stretch of event time and are known to a vector. */
function known(source: RowsSource, period: Window, vector: OffsetVector): string {
  const conditions = [inWindow(period), knownTo(vector, source.topic, source.epoch), source.filter ?? '1'];
  return conditions.join(' AND ');
}

/**
 * The rows of a stretch of event time that a vector knows: each event once, by the first of its records, and no
 * deletions. The log may hold an event twice, and the table a record; no row is sorted to find that out.
 */
export function eventsIn(
  source: RowsSource,
  period: Window,
  vector: OffsetVector,
  columns: readonly SelectedColumn[],
): string {
  const where = known(source, period, vector);
  const selected = [
    ...columns.map(({ as, expression }) => `${expression} AS ${as}`),
    `${source.deletion ?? '0'} AS is__deletion`,
  ];
  return `SELECT * FROM (
    SELECT ${selected.join(', ')}
    FROM ${source.table}
    WHERE ${where} AND as_of_key NOT IN (${laterCopies(source.table, where)})
    LIMIT 1 BY as_of_key
  ) WHERE NOT is__deletion`;
}

/**
 * How many events each part of a stretch of event time has, as columns `part` and `events`, by the rule of
 * {@link eventsIn} applied to each part alone. Parts without events are left out.
 */
export function eventsByPart(source: RowsSource, period: Window, vector: OffsetVector, part: string): string {
  const first = `argMin(${source.deletion ?? '0'}, (epoch, \`offset\`, \`partition\`))`;
  return `SELECT window__part AS part, count() AS events FROM (
    SELECT ${part} AS window__part, ${first} AS is__deletion
    FROM ${source.table} WHERE ${known(source, period, vector)}
    GROUP BY window__part, event_id
  ) WHERE NOT is__deletion GROUP BY window__part ORDER BY window__part`;
}
