import { crc32 } from 'node:zlib';
import { MAX_BLOCK_BYTES, MAX_BLOCK_ROWS, type RowBlock, RowWriter } from '@millrace/offline-store';

/** Where a row goes: a table, and its columns in the order in which they are written. */
export interface RowTarget {
  readonly table: string;
  readonly columns: readonly string[];
}

/** Rows that may stand in one block: same table, same columns, same month. */
export interface RowSection extends RowTarget {
  /** First millisecond of the month, in UTC, in which the records were recorded. */
  readonly month: number;
  readonly rows: number;
  readonly body: readonly Buffer[];
}

interface OpenSection extends RowTarget {
  readonly month: number;
  readonly writer: RowWriter;
}

function isFull({ writer }: OpenSection): boolean {
  return writer.rows >= MAX_BLOCK_ROWS || writer.size >= MAX_BLOCK_BYTES;
}

/** Sorts the rows of a batch into sections, in memory that is theirs. */
export class RowSections {
  readonly #capacity: number;
  readonly #open: OpenSection[] = [];
  readonly #full: RowSection[] = [];
  #last: { readonly open: OpenSection; readonly recordedAt: bigint } | undefined;
  #monthStart = 0;
  #monthEnd = 0;

  /** @param capacity bytes to begin a section with. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The writer for one more row. @param recordedAt microseconds. */
  writerFor(target: RowTarget, recordedAt: bigint): RowWriter {
    const last = this.#last;
    // Almost always where the row before went.
    if (
      last !== undefined &&
      last.recordedAt === recordedAt &&
      last.open.columns === target.columns &&
      !isFull(last.open)
    )
      return last.open.writer;
    const open = this.#openFor(target, recordedAt);
    if (isFull(open)) this.#close(open);
    this.#last = { open, recordedAt };
    return open.writer;
  }

  #openFor(target: RowTarget, recordedAt: bigint): OpenSection {
    const month = this.#monthOf(Number(recordedAt / 1000n));
    const found = this.#open.find((open) => open.columns === target.columns && open.month === month);
    if (found !== undefined) return found;
    const open = {
      table: target.table,
      columns: target.columns,
      month,
      writer: new RowWriter(this.#capacity),
    };
    this.#open.push(open);
    return open;
  }

  /** The sections, whole. */
  finish(): readonly RowSection[] {
    for (const open of this.#open) this.#close(open);
    return this.#full;
  }

  #close({ table, columns, month, writer }: OpenSection): void {
    if (writer.rows > 0) this.#full.push({ table, columns, month, ...writer.take() });
  }

  #monthOf(millis: number): number {
    if (millis < this.#monthStart || millis >= this.#monthEnd) {
      const date = new Date(millis);
      this.#monthStart = Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
      this.#monthEnd = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
    }
    return this.#monthStart;
  }
}

/** Encoded otherwise (by a newer definition, say), the same records are other rows, and must not pass for those before. */
function checksum(body: readonly Buffer[]): number {
  return body.reduce((sum, piece) => crc32(piece, sum), 0);
}

/** Joins sections that may stand in one block, as far as a block's limits allow. */
export function blocksOf(sections: readonly RowSection[], token: string): readonly RowBlock[] {
  const blocks: { section: RowSection; rows: number; size: number; body: Buffer[] }[] = [];
  for (const section of sections) {
    const size = section.body.reduce((sum, piece) => sum + piece.length, 0);
    const found = blocks.find(
      (block) =>
        block.section.columns === section.columns &&
        block.section.month === section.month &&
        block.rows + section.rows <= MAX_BLOCK_ROWS &&
        block.size + size <= MAX_BLOCK_BYTES,
    );
    if (found === undefined) {
      blocks.push({ section, rows: section.rows, size, body: [...section.body] });
    } else {
      found.rows += section.rows;
      found.size += size;
      found.body.push(...section.body);
    }
  }
  return blocks.map(({ section: { table, columns }, rows, body }, index) => ({
    table,
    columns,
    rows,
    body,
    token: `${token}#${index}:${rows}:${checksum(body)}`,
  }));
}
