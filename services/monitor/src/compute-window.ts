import type { OffsetVector } from '@millrace/events';
import type { Window } from '@millrace/statistics';
import { countInto } from './histogram-query.ts';
import type { Monitor } from './monitor.ts';
import type { Queries } from './queries.ts';
import type { ReferenceProfile } from './reference.ts';
import type { RowsSource } from './rows-source.ts';
import { type WindowResult, windowResult } from './window-result.ts';

/** Counts a window at a vector and holds it against the reference. */
export async function computeWindow(
  queries: Queries,
  source: RowsSource,
  monitor: Monitor,
  window: Window,
  vector: OffsetVector,
  reference: ReferenceProfile,
): Promise<WindowResult> {
  const counted = await countInto(queries, source, window, vector, reference.columns);
  const features = reference.columns.flatMap(({ name }, index) => {
    const current = counted.histograms[index];
    const expected = reference.histograms[index];
    return current === undefined || expected === undefined ? [] : [{ name, reference: expected, current }];
  });
  return windowResult(monitor, {
    window,
    rows: counted.rows,
    reference: reference.period,
    referenceRows: reference.rows,
    features,
  });
}
