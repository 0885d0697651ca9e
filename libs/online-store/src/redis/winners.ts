import { bucketOf } from '../bucket.ts';
import type { OnlineRow } from '../port.ts';

/** Rows by bucket: those of bucket `b` are `rows[starts[b]]` to `rows[starts[b + 1]]`. */
export interface RowsByBucket {
  readonly rows: readonly OnlineRow[];
  readonly starts: Uint32Array;
}

/**
 * Sorts rows into their buckets. Of the rows of one view and entity key only those at the latest event time of
 * the batch are left, since no other can win; a batch with hot entities shrinks a lot.
 */
export function byBucket(all: readonly OnlineRow[], count: number): RowsByBucket {
  const winners = latestRows(all);
  const starts = new Uint32Array(count + 1);
  const buckets = new Uint16Array(winners.length);
  winners.forEach(({ key }, index) => {
    const bucket = bucketOf(key, count);
    buckets[index] = bucket;
    starts[bucket + 1] = (starts[bucket + 1] ?? 0) + 1;
  });
  for (let bucket = 0; bucket < count; bucket++) {
    starts[bucket + 1] = (starts[bucket + 1] ?? 0) + (starts[bucket] ?? 0);
  }
  const free = starts.slice();
  const rows = winners.slice();
  winners.forEach((row, index) => {
    const bucket = buckets[index] ?? 0;
    const at = free[bucket] ?? 0;
    rows[at] = row;
    free[bucket] = at + 1;
  });
  return { rows, starts };
}

/** One row, or several at one event time: the list is made for those few only. */
type Tied = OnlineRow | OnlineRow[];

/** For each view and entity key the rows at the latest event time. */
function latestRows(rows: readonly OnlineRow[]): OnlineRow[] {
  const latest = new Map<string, Map<string, Tied>>();
  let byKey = new Map<string, Tied>();
  let last: OnlineRow | undefined;
  for (const row of rows) {
    // A batch is of one view nearly always: looking its map up for every row would cost as much as the rest.
    if (row.view !== last?.view || row.entity !== last.entity) {
      const kind = `${row.view}:${row.entity}`;
      byKey = latest.get(kind) ?? new Map();
      latest.set(kind, byKey);
    }
    last = row;
    const key = row.key.toString('latin1');
    const tied = byKey.get(key);
    const eventTime = tied === undefined ? undefined : eventTimeOf(tied);
    if (tied === undefined || eventTime === undefined || row.eventTime > eventTime) byKey.set(key, row);
    else if (row.eventTime === eventTime) byKey.set(key, Array.isArray(tied) ? [...tied, row] : [tied, row]);
  }
  return [...latest.values()].flatMap((ofKind) => [...ofKind.values()].flat());
}

function eventTimeOf(tied: Tied): bigint | undefined {
  return Array.isArray(tied) ? tied[0]?.eventTime : tied.eventTime;
}
