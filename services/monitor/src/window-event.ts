import { type DriftWindowClosed, namedEventId, type OffsetVector } from '@millrace/events';
import { offsetList } from './offsets.ts';
import { producer } from './producer.ts';
import type { WindowResult } from './window-result.ts';

/**
 * The event of a result. Its id is named by monitor, window and revision, so two instances, or one before and
 * after a restart, write the same event, and the first in the log counts.
 *
 * @param previous the revision before, which this one restates because rows came late.
 */
export function windowEvent(
  result: WindowResult,
  vector: OffsetVector,
  previous: DriftWindowClosed | undefined,
): DriftWindowClosed {
  const revision = (previous?.revision ?? 0) + 1;
  const { monitor, windowStart, windowEnd } = result;
  return {
    envelope: {
      eventId: namedEventId(
        'drift-window',
        monitor,
        String(windowStart),
        String(windowEnd),
        String(revision),
      ),
      eventTime: windowEnd,
      producer,
      traceparent: null,
    },
    ...result,
    revision,
    reason: previous === undefined ? 'closed' : 'late-data',
    offsets: offsetList(vector),
    change: previous === undefined ? null : changeSince(previous, result),
  };
}

function changeSince(previous: DriftWindowClosed, result: WindowResult): DriftWindowClosed['change'] {
  const before = driftedNames(previous);
  const now = driftedNames(result);
  return {
    previousResultHash: previous.resultHash,
    previousRows: previous.rows,
    previousDriftedShare: previous.driftedShare,
    nowDrifted: now.filter((name) => !before.includes(name)),
    noLongerDrifted: before.filter((name) => !now.includes(name)),
  };
}

/** The features that drifted in a window. */
export function driftedNames({ features }: Pick<DriftWindowClosed, 'features'>): readonly string[] {
  return features.filter((feature) => feature.drifted).map((feature) => feature.name);
}
