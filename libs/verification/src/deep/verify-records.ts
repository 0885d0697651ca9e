import type { LogRecord, PartitionSpan } from '@millrace/event-log';
import { describeKey } from '@millrace/events';
import type { RegisteredView } from '@millrace/feature-registry';
import { MillraceError } from '@millrace/kernel';
import { identifier } from '@millrace/offline-store';
import { type Difference, DifferenceTally } from '../difference.ts';
import { inLiveTables } from '../live-tables.ts';
import type { VerificationParts } from '../parts.ts';
import { rowBinaryOf } from '../query.ts';
import { RowComparison } from '../row-binary/compare-rows.ts';
import { type BinaryRow, cellStart, RowFormat } from '../row-binary/row-format.ts';
import { ViewImages } from '../row-binary/view-images.ts';
import { columnsOf } from '../table-columns.ts';
import { offlineNext } from '../wait.ts';

/** What was found in the rows of a view. */
export interface RecordsParity {
  /** Rows that were compared with their record. */
  readonly rows: number;
  readonly differences: DifferenceTally;
}

/** Records of one partition that are compared with one query. */
const RECORDS_AT_ONCE = 20_000;

/**
 * Reads the topic of a view again and compares every row of the offline store with its record, byte by byte; also the
 * old ones that no entity's newest row is. Rows that are missing, or that have no record, are conservation's business.
 *
 * @throws MillraceError STORE_UNAVAILABLE, LOG_UNAVAILABLE, REGISTRY_UNAVAILABLE
 */
export function verifyRecords(
  parts: VerificationParts,
  view: RegisteredView,
  maxDifferences: number,
): Promise<RecordsParity> {
  return inLiveTables(parts, [view.topic], (tables) =>
    verifyRecordsIn(parts, view, tables.of(view.topic), maxDifferences),
  );
}

async function verifyRecordsIn(
  parts: VerificationParts,
  view: RegisteredView,
  stored: string,
  maxDifferences: number,
): Promise<RecordsParity> {
  const differences = new DifferenceTally(maxDifferences);
  const next = await offlineNext(parts)(view.topic);
  const table = await columnsOf(parts.clickhouse, stored);
  if (table === undefined || next.size === 0) return { rows: 0, differences };
  const stretches = (await parts.log.spans(view.topic)).map((span): PartitionSpan => {
    const stored = next.get(span.partition) ?? 0n;
    return { ...span, next: stored < span.next ? stored : span.next };
  });
  const format = new RowFormat(table);
  const images = new ViewImages(view, parts.registry, table);
  const comparison = new RowComparison(format, new Set(['topic']));
  const waiting = new Map<number, LogRecord[]>();
  let rows = 0;

  async function compare(records: readonly LogRecord[]): Promise<void> {
    const byOffset = new Map(records.map((record) => [record.offset, record]));
    const query = rowsQuery(view, stored, format, records);
    for await (const row of format.rows(rowBinaryOf(parts.clickhouse, `rows of ${view.topic}`, query))) {
      const offset = row.bytes.readBigUInt64LE(cellStart(row, format.indexOf('offset') ?? 0));
      const record = byOffset.get(offset);
      if (record === undefined) continue;
      rows += 1;
      await images.prepare(record.value);
      const found = differenceOf(view, { format, images, comparison }, row, record);
      if (found !== undefined) differences.add(found);
    }
  }

  await parts.log.scan(view.topic, stretches, async (records) => {
    const [first] = records;
    if (first === undefined) return;
    const gathered = [...(waiting.get(first.partition) ?? []), ...records];
    waiting.set(first.partition, gathered);
    if (gathered.length < RECORDS_AT_ONCE) return;
    waiting.delete(first.partition);
    await compare(gathered);
  });
  for (const records of waiting.values()) await compare(records);
  return { rows, differences };
}

/** The rows of the stretch that some records, in their order, lie in. */
function rowsQuery(
  view: RegisteredView,
  stored: string,
  format: RowFormat,
  records: readonly LogRecord[],
): string {
  const columns = format.columns.map(({ name }) => identifier(name)).join(', ');
  const [first] = records;
  const last = records.at(-1);
  return `SELECT ${columns} FROM ${identifier(stored)}
    WHERE epoch = ${view.epoch} AND partition = ${first?.partition ?? 0}
      AND offset BETWEEN ${first?.offset ?? 0n} AND ${last?.offset ?? 0n}`;
}

interface Comparer {
  readonly format: RowFormat;
  readonly images: ViewImages;
  readonly comparison: RowComparison;
}

function differenceOf(
  view: RegisteredView,
  { format, images, comparison }: Comparer,
  row: BinaryRow,
  { partition, offset, recordedAt, value }: LogRecord,
): Difference | undefined {
  const at = `${view.topic}/${partition}@${offset}`;
  const common = {
    store: 'offline',
    subject: view.definition.name,
    online: null,
    origin: {
      topic: view.topic,
      partition,
      offset,
      eventId: format.show(row, format.indexOf('event_id') ?? 0),
    },
  } as const;
  try {
    const image = images.image(value, { epoch: view.epoch, partition, offset, recordedAt });
    const columns = comparison.differing(row, image);
    if (columns.length === 0) return undefined;
    const shown = columns.map((name) => `${name}=${format.show(row, format.indexOf(name) ?? 0)}`);
    return {
      ...common,
      kind: 'differing',
      entityKey: describeKey(view.keyCodec.decode(images.keyOf(value))),
      column: columns.join(', '),
      offline: shown.join(', '),
      cause: `ClickHouse has a value that the log does not have at ${at}`,
    };
  } catch (error) {
    if (!(error instanceof MillraceError) || error.retry) throw error;
    const cause = `ClickHouse has a row from ${at}, where the record is no row (${error.code})`;
    return { ...common, kind: 'unknown', entityKey: null, column: null, offline: null, cause };
  }
}
