import type { LogAdmin, LogRecord, LogScanner, PartitionSpan } from '@millrace/event-log';

/** An offset of a topic. */
export interface Place {
  readonly partition: number;
  readonly offset: bigint;
}

/** Offsets of one partition, the first and the last included. */
export interface OffsetRange {
  readonly partition: number;
  readonly first: bigint;
  readonly last: bigint;
}

/** Ranges with fewer offsets than this between them are read in one go. */
const NEAR = 5_000n;

/** Names a place in a map. */
export function placeName({ partition, offset }: Place): string {
  return `${partition}@${offset}`;
}

/**
 * The records at some places of a topic, by {@link placeName}; places where there is none are left out.
 *
 * @throws MillraceError LOG_UNAVAILABLE
 */
export async function recordsAt(
  log: Pick<LogAdmin, 'spans' | 'topicNames'> & LogScanner,
  topic: string,
  places: readonly Place[],
): Promise<ReadonlyMap<string, LogRecord>> {
  const found = new Map<string, LogRecord>();
  const wanted = new Set(places.map(placeName));
  const ranges = places.map(({ partition, offset }) => ({ partition, first: offset, last: offset }));
  await readRanges(log, topic, ranges, (record) => {
    const name = placeName(record);
    if (wanted.has(name)) found.set(name, record);
  });
  return found;
}

/**
 * Reads the records in some ranges of a topic; those that the log does not reach have none.
 *
 * @throws MillraceError LOG_UNAVAILABLE
 */
export async function readRanges(
  log: Pick<LogAdmin, 'spans' | 'topicNames'> & LogScanner,
  topic: string,
  ranges: readonly OffsetRange[],
  onRecord: (record: LogRecord) => void,
): Promise<void> {
  if (ranges.length === 0 || !(await log.topicNames()).includes(topic)) return;
  const spans = await log.spans(topic);
  const byPartition = new Map<number, OffsetCursor>();
  const stretches: PartitionSpan[] = [];
  for (const span of spans) {
    const inside = ranges
      .filter(
        ({ partition, first, last }) =>
          partition === span.partition && first < span.next && last >= span.first,
      )
      .sort((a, b) => (a.first < b.first ? -1 : 1));
    if (inside.length === 0) continue;
    byPartition.set(span.partition, new OffsetCursor(inside));
    stretches.push(...joined(inside, span));
  }
  await log.scan(topic, stretches, (records) => {
    for (const record of records) {
      if (byPartition.get(record.partition)?.has(record.offset) === true) onRecord(record);
    }
  });
}

/** Ranges that lie near each other become one stretch. */
function joined(ranges: readonly OffsetRange[], span: PartitionSpan): PartitionSpan[] {
  const stretches: { partition: number; first: bigint; next: bigint }[] = [];
  for (const { partition, first, last } of ranges) {
    const from = first < span.first ? span.first : first;
    const next = last + 1n > span.next ? span.next : last + 1n;
    const before = stretches.at(-1);
    if (before !== undefined && from - before.next < NEAR) {
      if (next > before.next) before.next = next;
    } else stretches.push({ partition, first: from, next });
  }
  return stretches;
}

/** Whether offsets, asked for in their order, lie in sorted ranges. */
class OffsetCursor {
  readonly #ranges: readonly OffsetRange[];
  #at = 0;

  constructor(ranges: readonly OffsetRange[]) {
    this.#ranges = ranges;
  }

  has(offset: bigint): boolean {
    let range = this.#ranges[this.#at];
    while (range !== undefined && range.last < offset) {
      this.#at += 1;
      range = this.#ranges[this.#at];
    }
    return range !== undefined && offset >= range.first;
  }
}
