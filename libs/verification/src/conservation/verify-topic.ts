import type { LogRecord } from '@millrace/event-log';
import { topics } from '@millrace/events';
import { type Difference, DifferenceTally } from '../difference.ts';
import type { KeptTopic, StoredTopic } from '../kept-topics.ts';
import { inLiveTables, type LiveTables } from '../live-tables.ts';
import { type OffsetRange, placeName, readRanges, recordsAt } from '../log-records.ts';
import type { VerificationParts } from '../parts.ts';
import { type StaleView, staleViews } from '../stale-views.ts';
import { columnsOf } from '../table-columns.ts';
import { type NextOffsets, offlineNext } from '../wait.ts';
import { verifyEventsOnce } from './events-once.ts';
import { unstoredLetters } from './unstored-letters.ts';
import {
  countOffsets,
  holesOf,
  lastOffsetsOf,
  oddRowsOf,
  type OffsetCounts,
  type OffsetWindow,
  rowsOutside,
} from './offset-queries.ts';
import { inStretch, offsetsIn, type OffsetStretch, spansUpTo, windowsOf } from './stretches.ts';

/** What was found of one topic. */
export interface TopicConservation {
  readonly topic: string;
  /** By partition, the offset before which everything was checked. */
  readonly next: NextOffsets;
  /** Offsets in the log that were checked. */
  readonly offsets: number;
  /** Of them, those that have a row. */
  readonly rows: number;
  /** Those that have a dead letter and no row. */
  readonly deadLetters: number;
  /** Those at which the log holds no record, such as the markers of transactions. */
  readonly empty: number;
  /** Events that the view for analysts shows; null where it was not asked. */
  readonly events: number | null;
  /** Views for analysts that do not show the live generation: of them nothing can be said. */
  readonly stale: readonly StaleView[];
  readonly differences: DifferenceTally;
}

/** How a topic is checked. */
export interface TopicOptions {
  /** Most differences that are described. */
  readonly maxDifferences: number;
  /** Only these offsets, and without the views for analysts, which cannot be asked for a part. @default all */
  readonly stretch?: OffsetStretch;
  /** Whether rows that the log does not have are looked for; it takes all rows. @default true */
  readonly outside?: boolean;
  readonly onProgress?: (offsets: number) => void;
}

/** Offsets of all partitions together that one query sorts. */
const OFFSETS_AT_ONCE = 2_000_000;

/**
 * Checks that of every offset of a topic, up to what the offline store says that it has, there is a row or a dead
 * letter, once, and nothing that the log does not have. Writes may go on.
 *
 * @throws MillraceError STORE_UNAVAILABLE, LOG_UNAVAILABLE
 */
export function verifyTopic(
  parts: VerificationParts,
  kept: KeptTopic,
  options: TopicOptions,
): Promise<TopicConservation> {
  const letters = topics.deadLetters.name;
  return inLiveTables(parts, [kept.topic, letters], (tables) => {
    const stored = { ...kept, table: tables.of(kept.topic), letters: tables.of(letters) };
    return verifyStored(parts, stored, tables, options);
  });
}

async function verifyStored(
  parts: VerificationParts,
  kept: StoredTopic,
  tables: LiveTables,
  options: TopicOptions,
): Promise<TopicConservation> {
  const differences = new DifferenceTally(options.maxDifferences);
  const next = await offlineNext(parts)(kept.topic);
  const spans = inStretch(await spansUpTo(parts, kept, next), options.stretch);
  const offsets = [...spans.values()].reduce((total, { first, next: end }) => total + Number(end - first), 0);
  const sum = { rows: 0, deadLetters: 0, empty: 0 };
  if ((await columnsOf(parts.clickhouse, kept.table)) === undefined) {
    if (offsets > 0) reportNoTable(kept, offsets, differences);
    return { topic: kept.topic, next, offsets, ...sum, events: null, stale: [], differences };
  }
  let letters: ReadonlySet<string> | undefined;
  for (const window of windowsOf(spans, OFFSETS_AT_ONCE)) {
    const counts = await countOffsets(parts.clickhouse, kept, window);
    sum.rows += counts.rows;
    sum.deadLetters += counts.deadLetters;
    const expected = offsetsIn(window);
    if (counts.rows + counts.deadLetters < expected) {
      letters ??= await unstoredLetters(parts, kept.topic);
      const holes = await verifyHoles(parts, kept, window, letters, differences);
      sum.empty += holes.empty;
      sum.deadLetters += holes.deadLetters;
    }
    if (counts.doubled + counts.misfiled > 0)
      await reportOdd(parts, kept, window, counts, options.maxDifferences, differences);
    options.onProgress?.(expected);
  }
  if (options.outside !== false) await verifyOutside(parts, kept, options.maxDifferences, differences);
  const stale = options.stretch === undefined ? await staleViews(parts, kept, tables) : [];
  const events =
    options.stretch === undefined && stale.length === 0
      ? await verifyEventsOnce(parts, kept, next, differences)
      : null;
  return { topic: kept.topic, next, offsets, ...sum, events, stale, differences };
}

/** Before the first row of a view there is no table. Afterwards there is one. */
function reportNoTable({ topic, table }: StoredTopic, offsets: number, differences: DifferenceTally): void {
  differences.add({
    kind: 'lost',
    store: 'offline',
    subject: table,
    entityKey: null,
    column: null,
    online: null,
    offline: null,
    origin: null,
    cause: `ClickHouse says that it has ${offsets} offsets of ${topic}, and has no table ${table}`,
  });
  differences.count('lost', offsets - 1);
}

/** Looks every offset without a row and without a dead letter up in the log. */
async function verifyHoles(
  parts: VerificationParts,
  kept: StoredTopic,
  window: OffsetWindow,
  letters: ReadonlySet<string>,
  differences: DifferenceTally,
): Promise<Pick<TopicConservation, 'empty' | 'deadLetters'>> {
  const holes = await holesOf(parts.clickhouse, kept, window);
  let lost = 0;
  let deadLetters = 0;
  await readRanges(parts.log, kept.topic, holes, (record) => {
    if (letters.has(placeName(record))) deadLetters += 1;
    else {
      lost += 1;
      differences.add(lostRecord(kept, record));
    }
  });
  return { empty: offsetsOf(holes) - lost - deadLetters, deadLetters };
}

function offsetsOf(ranges: readonly OffsetRange[]): number {
  return ranges.reduce((total, { first, last }) => total + Number(last - first) + 1, 0);
}

function lostRecord(kept: StoredTopic, { partition, offset }: LogRecord): Difference {
  const cause = `ClickHouse lacks the record at ${kept.topic}/${partition}@${offset}, and no dead letter names it`;
  return inTable(kept, partition, offset, null, 'lost', cause);
}

/** Rows that contradict each other, or themselves; the log says which one is right. */
async function reportOdd(
  parts: VerificationParts,
  kept: StoredTopic,
  window: OffsetWindow,
  { doubled, misfiled }: OffsetCounts,
  most: number,
  differences: DifferenceTally,
): Promise<void> {
  const rows = await oddRowsOf(parts.clickhouse, kept, window, Math.max(1, most));
  const byPlace = Map.groupBy(rows, placeName);
  const records = await recordsAt(
    parts.log,
    kept.topic,
    rows.map(({ partition, offset }) => ({ partition, offset })),
  );
  for (const [place, [first]] of byPlace) {
    if (first === undefined) continue;
    const ids = byPlace.get(place)?.map(({ event_id: id }) => id) ?? [];
    const many = ids.length > 1;
    const logged = records.has(place) ? 'one record' : 'no record';
    const at = `${kept.topic}/${place}`;
    differences.add(
      inTable(
        kept,
        first.partition,
        first.offset,
        first.event_id,
        many ? 'doubled' : 'differing',
        many
          ? `${kept.table} has ${ids.length} different rows from ${at} (events ${ids.join(', ')}), where the log has ${logged}`
          : `the as_of_key of the row from ${at} is not made of its own event time and position`,
      ),
    );
  }
  const described = byPlace.size;
  const total = Math.max(doubled, misfiled);
  if (total > described) differences.count(doubled >= misfiled ? 'doubled' : 'differing', total - described);
}

/** Rows from partitions, offsets or epochs that the log does not have. */
async function verifyOutside(
  parts: VerificationParts,
  kept: StoredTopic,
  most: number,
  differences: DifferenceTally,
): Promise<void> {
  // First the rows, then the log, which only grows.
  const last = await lastOffsetsOf(parts.clickhouse, kept);
  const present = (await parts.log.topicNames()).includes(kept.topic);
  const spans = present ? await parts.log.spans(kept.topic) : [];
  const bounds = new Map(spans.map(({ partition, first, next }) => [partition, { first, next }] as const));
  const { found, rows } = await rowsOutside(parts.clickhouse, kept, bounds, last, Math.max(1, most));
  for (const { partition, offset, event_id: eventId } of rows) {
    const cause = `${kept.table} has a row from ${kept.topic}/${partition}@${offset}, which the log does not have`;
    differences.add(inTable(kept, partition, offset, eventId, 'unknown', cause));
  }
  differences.count('unknown', Math.max(0, found - rows.length));
}

function inTable(
  { topic, table }: StoredTopic,
  partition: number,
  offset: bigint,
  eventId: string | null,
  kind: Difference['kind'],
  cause: string,
): Difference {
  return {
    kind,
    store: 'offline',
    subject: table,
    entityKey: null,
    column: null,
    online: null,
    offline: null,
    origin: { topic, partition, offset, eventId },
    cause,
  };
}
