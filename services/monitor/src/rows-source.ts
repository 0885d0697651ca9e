import type { OffsetVector } from '@millrace/events';
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

/**
 * The rows of a stretch of event time that a vector knows: each event once, by the first of its records, and no
 * deletions. A table may hold a record twice; the log may hold an event twice.
 *
 * @param each what an event counts once in, beside its id; such as the window.
 */
export function eventsIn(
  source: RowsSource,
  period: Window,
  vector: OffsetVector,
  columns: readonly SelectedColumn[],
  each: readonly string[] = [],
): string {
  const conditions = [inWindow(period), knownTo(vector, source.topic, source.epoch), source.filter ?? '1'];
  const selected = [
    ...columns.map(({ as, expression }) => `${expression} AS ${as}`),
    `${source.deletion ?? '0'} AS is__deletion`,
  ];
  return `SELECT * FROM (
    SELECT ${selected.join(', ')}
    FROM ${source.table}
    WHERE ${conditions.join(' AND ')}
    ORDER BY epoch, \`offset\`, \`partition\`
    LIMIT 1 BY ${['event_id', ...each].join(', ')}
  ) WHERE NOT is__deletion`;
}
