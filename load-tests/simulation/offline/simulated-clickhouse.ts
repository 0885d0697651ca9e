import { type Micros, MillraceError } from '@millrace/kernel';
import type { AppliedRange, RowBlock } from '@millrace/offline-store';
import {
  foldMarks,
  type Mark,
  type NewMark,
  type TopicGenerations,
} from '@millrace/offline-store/simulation';
import { Answer } from '../core/scheduler.ts';
import { promised } from '../core/violation.ts';
import type { LetterBox } from '../events/letters.ts';
import type { Letter, Producers, Recorded } from '../events/recorded.ts';
import { viewOf } from '../events/definitions.ts';
import { rowsOf, type StoredRow } from './stored-row.ts';

/** How the server may differ from one that does only what it has to. */
export interface ServerFlaws {
  /** Whether a block whose token it has just seen is stored all the same. */
  storesTwice(): boolean;
}

/**
 * What ClickHouse has: rows, and the ranges that are said to be in them. A block is atomic. With each range that is
 * recorded it is checked that every record of it is a row or a dead letter, and with each row that it is that of the log.
 */
export class SimulatedClickHouse {
  readonly #producers: Producers;
  readonly #letters: LetterBox;
  readonly #flaws: ServerFlaws;
  readonly #tables = new Map<string, StoredRow[]>();
  readonly #tokens = new Set<string>();
  readonly #dropped = new Set<string>();
  readonly #marks: Mark[] = [];
  readonly #shown = new Map<string, number>();
  #known: ReadonlyMap<string, TopicGenerations> = new Map();
  #ranges: AppliedRange[] = [];

  constructor(producers: Producers, letters: LetterBox, flaws: ServerFlaws) {
    this.#producers = producers;
    this.#letters = letters;
    this.#flaws = flaws;
  }

  createTable(table: string): void {
    if (!this.#tables.has(table)) this.#tables.set(table, []);
  }

  insert(block: RowBlock): string {
    const rows = this.#tables.get(block.table);
    if (rows === undefined)
      throw new Answer(new MillraceError('INTERNAL', `there is no table ${block.table}`));
    const token = `${block.table} ${block.token}`;
    if (this.#tokens.has(token) && !this.#flaws.storesTwice()) return 'known by its token';
    this.#tokens.add(token);
    const added = rowsOf(block);
    rows.push(...added);
    return added.map(({ partition, offset }) => `${partition}@${offset}`).join(' ');
  }

  /** Adds marks of generations, all at once. */
  mark(marks: readonly NewMark[], now: Micros): void {
    this.#marks.push(...marks.map((mark) => ({ ...mark, since: now })));
    const byTopic = Map.groupBy(this.#marks, ({ topic }) => topic);
    this.#known = new Map([...byTopic].map(([topic, ofTopic]) => [topic, foldMarks(topic, ofTopic)]));
  }

  /** What is known of generations of topics that were ever rebuilt. */
  get generations(): ReadonlyMap<string, TopicGenerations> {
    return this.#known;
  }

  /** The generation of a topic that is read. */
  live(topic: string): number {
    return this.#known.get(topic)?.live ?? 1;
  }

  /** Makes the names that analysts use lead to a generation of a topic. */
  show(topic: string, generation: number): void {
    this.#shown.set(topic, generation);
  }

  /** The generation that the names of a topic lead to. */
  shown(topic: string): number | undefined {
    return this.#shown.get(topic);
  }

  dropTable(topic: string, generation: number): void {
    promised(
      'no name leads to a table that goes',
      this.#shown.get(topic) !== generation,
      () => `${topic} leads to generation ${generation}, which is dropped`,
    );
    this.#dropped.add(tableOf(topic, generation));
    this.#tables.delete(tableOf(topic, generation));
  }

  forgetRanges(topic: string, generation: number): void {
    this.#ranges = this.#ranges.filter((range) => range.topic !== topic || range.generation !== generation);
  }

  rows(table: string): readonly StoredRow[] {
    return this.#tables.get(table) ?? [];
  }

  hasTable(table: string): boolean {
    return this.#tables.has(table);
  }

  recordApplied(ranges: readonly AppliedRange[]): string {
    this.#ranges = [...this.#ranges, ...ranges];
    for (const range of ranges) {
      // Somebody was slow, and nobody reads it any more.
      if (!this.#dropped.has(tableOf(range.topic, range.generation))) this.#checkRange(range);
    }
    return ranges.map((range) => `${range.partition}@${range.firstOffset}-${range.lastOffset}`).join(' ');
  }

  /** The end of what is stored, gaps or not. */
  largest(topic: string, partition: number, generation: number): bigint {
    const ends = this.#ranges
      .filter(
        (range) => range.topic === topic && range.partition === partition && range.generation === generation,
      )
      .map(({ lastOffset }) => lastOffset + 1n);
    return ends.reduce((most, end) => (end > most ? end : most), 0n);
  }

  /** The end of what is stored without a gap, of each partition of which anything is. */
  applied(topic: string, generation: number): ReadonlyMap<number, bigint> {
    const mine = this.#ranges.filter((range) => range.topic === topic && range.generation === generation);
    const partitions = new Set(mine.map(({ partition }) => partition));
    return new Map([...partitions].map((partition) => [partition, this.next(topic, partition, generation)]));
  }

  /** The end of what is stored without a gap from offset 0. */
  next(topic: string, partition: number, generation: number): bigint {
    const mine = this.#ranges
      .filter(
        (range) => range.topic === topic && range.partition === partition && range.generation === generation,
      )
      .sort((a, b) => Number(a.firstOffset - b.firstOffset));
    return mine.reduce(
      (next, { firstOffset, lastOffset }) =>
        firstOffset <= next && lastOffset >= next ? lastOffset + 1n : next,
      0n,
    );
  }

  #checkRange({
    topic,
    partition,
    firstOffset,
    lastOffset,
    generation,
    rows,
    deadLetters,
  }: AppliedRange): void {
    const isCovered = (at: Letter) =>
      at.topic === topic && at.partition === partition && at.offset >= firstOffset && at.offset <= lastOffset;
    const stored = new Set(
      this.rows(tableOf(topic, generation))
        .filter((row) => row.partition === partition)
        .map(({ offset }) => offset),
    );
    const where = `${topic}/${partition}@${firstOffset}-${lastOffset}`;
    const expected = this.#producers.rows.filter(isCovered);
    const letters = this.#producers.letters.filter(isCovered);
    for (const { offset } of expected)
      promised(
        'ranges come after rows',
        stored.has(offset),
        () => `${where} is recorded without the row of ${offset}`,
      );
    for (const letter of letters)
      promised(
        'ranges come after dead letters',
        this.#letters.has(letter),
        () => `${where} is recorded without the dead letter of ${letter.offset}`,
      );
    promised(
      'a range counts its records',
      rows <= expected.length && deadLetters <= letters.length,
      () =>
        `${where} says ${rows} rows and ${deadLetters} dead letters; there are ${expected.length} and ${letters.length}`,
    );
  }
}

/** The physical table of the rows of a topic. */
export function tableOf(topic: string, generation: number): string {
  return `features_${viewOf(topic)}_raw_g${generation}`;
}

/** Whether a row is what the log has at its place. */
export function isRowOf(row: StoredRow, recorded: Recorded | undefined): boolean {
  return (
    recorded !== undefined &&
    row.eventId === recorded.eventId &&
    row.eventTime === recorded.eventTime &&
    row.entity === recorded.entity &&
    row.deleted === (recorded.value === null) &&
    row.value === recorded.value
  );
}
