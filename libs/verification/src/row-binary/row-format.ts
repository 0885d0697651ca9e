import { MillraceError } from '@millrace/kernel';
import { type CellType, cellType } from './cell-types.ts';

/** A column of an answer, by its name and ClickHouse's type. */
export interface FormatColumn {
  readonly name: string;
  readonly type: string;
}

/** A row in RowBinary, with where each of its cells begins. */
export interface BinaryRow {
  readonly bytes: Buffer;
  /** One more than there are columns: the last one is the end of the row. */
  readonly starts: Uint32Array;
}

/** How rows with some columns stand in RowBinary. */
export class RowFormat {
  readonly columns: readonly FormatColumn[];
  readonly #types: readonly CellType[];
  readonly #index: ReadonlyMap<string, number>;

  constructor(columns: readonly FormatColumn[]) {
    this.columns = columns;
    this.#types = columns.map(({ type }) => cellType(type));
    this.#index = new Map(columns.map(({ name }, index) => [name, index]));
  }

  /** Which column has a name, or undefined. */
  indexOf(name: string): number | undefined {
    return this.#index.get(name);
  }

  /** Takes the row apart that begins at a place; undefined when the bytes end before it does. */
  rowAt(bytes: Buffer, at: number): BinaryRow | undefined {
    const starts = new Uint32Array(this.#types.length + 1);
    let next = at;
    for (let index = 0; index < this.#types.length; index += 1) {
      starts[index] = next;
      next = this.#types[index]?.skip(bytes, next) ?? next;
      if (next > bytes.length) return undefined;
    }
    starts[this.#types.length] = next;
    return { bytes, starts };
  }

  /** A cell in words. */
  show({ bytes, starts }: BinaryRow, index: number): string {
    return this.#types[index]?.show(bytes, starts[index] ?? 0) ?? '';
  }

  /** The rows of an answer that comes in pieces which need not end with a row. */
  async *rows(pieces: AsyncIterable<Buffer>): AsyncGenerator<BinaryRow, void, undefined> {
    let left: Buffer = Buffer.alloc(0);
    for await (const piece of pieces) {
      const bytes = left.length === 0 ? piece : Buffer.concat([left, piece]);
      let at = 0;
      for (;;) {
        const row = at < bytes.length ? this.rowAt(bytes, at) : undefined;
        if (row === undefined) break;
        yield row;
        at = end(row);
      }
      left = bytes.subarray(at);
    }
    if (left.length > 0) throw new MillraceError('INTERNAL', 'an answer in RowBinary ended inside a row');
  }
}

/** Where a cell begins. */
export function cellStart({ starts }: BinaryRow, index: number): number {
  return starts[index] ?? 0;
}

/** The bytes of a cell. */
export function cellOf({ bytes, starts }: BinaryRow, index: number): Buffer {
  return bytes.subarray(starts[index], starts[index + 1]);
}

function end({ starts }: BinaryRow): number {
  return starts[starts.length - 1] ?? 0;
}
