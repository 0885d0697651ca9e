import { bucketOf, BUCKETS } from '@millrace/online-store';
import type { RegisteredView } from '@millrace/feature-registry';
import { featureTopic, type OffsetVector, unpackPosition } from '@millrace/events';
import { type Difference, DifferenceTally } from '../difference.ts';
import type { VerificationParts } from '../parts.ts';
import { offlineNext, type Pending, waitForStore } from '../wait.ts';
import { type BucketChunk, type ChunkLimits, type FoundRow, readChunk } from './bucket-chunk.ts';
import { ViewComparer } from './compare-view.ts';
import { explainSuspects } from './explain.ts';
import { likelyKind, type Suspect } from './suspect.ts';
import { wasCollected } from './was-collected.ts';
import { inLiveTables, type LiveTables } from '../live-tables.ts';
import { columnsOf } from '../table-columns.ts';

/** What was compared of one view. */
export interface ViewParity {
  readonly view: string;
  /** Entity keys that either store has. */
  readonly entities: number;
  /** Feature values of them. */
  readonly values: number;
  /** Keys whose newest row the online store has let go, as it may. */
  readonly collected: number;
}

/** What was found in some buckets. */
export interface BucketParity {
  readonly from: number;
  /** The last bucket that was read. */
  readonly to: number;
  readonly views: readonly ViewParity[];
  readonly differences: DifferenceTally;
  readonly pending: readonly Pending[];
  /** What the buckets were compared at: the furthest of them. */
  readonly offsets: OffsetVector;
}

/** What of the stores is compared. */
export interface BucketOptions extends ChunkLimits {
  /** Names of feature views. @default all */
  readonly views?: readonly string[];
  /** Most differences that are looked into. */
  readonly maxDifferences: number;
  /** Longest wait, in milliseconds, for the offline store to have what the buckets have. */
  readonly waitMs: number;
}

/**
 * Compares buckets of the online store, from one on, as many as the limits allow, with the offline store at exactly
 * the positions of each bucket.
 *
 * @throws MillraceError STORE_UNAVAILABLE, LOG_UNAVAILABLE, REGISTRY_UNAVAILABLE
 */
export function verifyBuckets(
  parts: VerificationParts,
  from: number,
  last: number,
  options: BucketOptions,
): Promise<BucketParity> {
  const { views = parts.catalog.views().map(({ definition }) => definition.name) } = options;
  return inLiveTables(
    parts,
    views.map((view) => featureTopic(view)),
    (tables) => verifyChunk(parts, from, last, tables, options),
  );
}

async function verifyChunk(
  parts: VerificationParts,
  from: number,
  last: number,
  tables: LiveTables,
  options: BucketOptions,
): Promise<BucketParity> {
  const registered = new Map(parts.catalog.views().map((view) => [view.definition.name, view]));
  const { views: names = [...registered.keys()] } = options;
  const chunk = await readChunk(parts.onlineStore, registered, from, Math.min(last, BUCKETS - 1), options);
  const byView = Map.groupBy(chunk.rows, ({ row }) => row.view);
  const differences = new DifferenceTally(options.maxDifferences);
  const pending: Pending[] = [];
  const views: ViewParity[] = [];
  const offsets: Record<string, Record<string, bigint>> = {};
  for (const name of names) {
    const view = registered.get(name);
    if (view === undefined) continue;
    const furthest = chunk.furthest(view.topic);
    offsets[view.topic] = lastOffsets(furthest);
    const deadline = performance.now() + options.waitMs;
    const lacking = await waitForStore(parts, 'offline', offlineNext(parts), view.topic, furthest, deadline);
    pending.push(...lacking);
    if (lacking.length > 0) continue;
    const rows = byView.get(name) ?? [];
    views.push(await compareView(parts, view, tables.of(view.topic), chunk, rows, { differences, pending }));
  }
  if (options.views === undefined) {
    // A view may have been registered meanwhile.
    const known = new Set(parts.catalog.views().map((view) => view.definition.name));
    for (const [name, rows] of byView) {
      if (!known.has(name)) reportUnregistered(name, rows, differences);
    }
  }
  return { from, to: chunk.to, views, differences, pending, offsets };
}

function lastOffsets(next: ReadonlyMap<number, bigint>): Readonly<Record<string, bigint>> {
  return Object.fromEntries([...next].map(([partition, offset]) => [String(partition), offset - 1n]));
}

async function compareView(
  parts: VerificationParts,
  view: RegisteredView,
  table: string,
  chunk: BucketChunk,
  rows: readonly FoundRow[],
  { differences, pending }: { readonly differences: DifferenceTally; readonly pending: Pending[] },
): Promise<ViewParity> {
  const name = view.definition.name;
  const columns = await columnsOf(parts.clickhouse, table);
  const features = Object.keys(view.definition.features).length;
  if (columns === undefined) {
    // Nothing was ever written; the wait has made sure of it.
    differences.count('lost', rows.length);
    return { view: name, entities: rows.length, values: rows.length * features, collected: 0 };
  }
  const inPlace: FoundRow[] = [];
  for (const found of rows) {
    if (isInPlace(found, view)) inPlace.push(found);
    else differences.add(misplaced(found, view));
  }
  const comparer = new ViewComparer(view, table, columns, parts.registry);
  const examined: Suspect[] = [];
  let entities = 0;
  let collected = 0;
  const collection = { now: parts.clock.now(), horizon: parts.collectionHorizon };
  for await (const suspect of comparer.suspects(parts, chunk, inPlace, () => (entities += 1))) {
    if (suspect.isAhead === true) pending.push(...aheadOf(suspect, view, chunk));
    if (wasCollected(suspect.online, suspect.offline, view.ttl, collection)) collected += 1;
    else if (differences.wantsMore && examined.length < MOST_EXAMINED) examined.push(suspect);
    else if (suspect.isAhead !== true) differences.count(likelyKind(suspect), 1);
  }
  for (const difference of await explainSuspects(parts, comparer, examined)) differences.add(difference);
  return { view: name, entities, values: entities * features, collected };
}

/** A batch that was begun and not finished: its projector is away. */
function aheadOf({ online }: Suspect, { topic }: RegisteredView, chunk: BucketChunk): readonly Pending[] {
  if (online === undefined) return [];
  const { partition, offset } = unpackPosition(online.position);
  const has = chunk.next(bucketOf(online.key), topic, partition);
  return [{ store: 'online', topic, partition, has, wanted: offset + 1n }];
}

/** Suspects of one view and chunk that the log is asked about. */
const MOST_EXAMINED = 200;

function isInPlace({ bucket, row }: FoundRow, view: RegisteredView): boolean {
  return bucketOf(row.key) === bucket && row.entity === view.entity.name;
}

function misplaced({ bucket, row }: FoundRow, view: RegisteredView): Difference {
  return {
    kind: 'unknown',
    store: 'online',
    subject: view.definition.name,
    entityKey: `0x${row.key.toString('hex')}`,
    column: null,
    online: `a row of ${row.entity} in bucket ${bucket}`,
    offline: null,
    origin: null,
    cause: `Redis has a row where nobody reads it: it belongs to ${view.entity.name}, bucket ${bucketOf(row.key)}`,
  };
}

function reportUnregistered(name: string, rows: readonly FoundRow[], differences: DifferenceTally): void {
  for (const { bucket, row } of rows) {
    differences.add({
      kind: 'unknown',
      store: 'online',
      subject: name,
      entityKey: `0x${row.key.toString('hex')}`,
      column: null,
      online: `a row of ${row.entity} in bucket ${bucket}`,
      offline: null,
      origin: null,
      cause: `Redis has a row of ${name}, which is not registered`,
    });
  }
}
