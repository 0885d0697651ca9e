import { MillraceError } from '@millrace/kernel';
import type { BinaryRow, RowFormat } from './row-format.ts';
import type { RowImage } from './view-images.ts';

/** Finds the columns in which a stored row is not what an image says, by their bytes. */
export type CompareRows = (stored: BinaryRow, image: BinaryRow) => readonly string[];

/**
 * Compiles the comparison of rows of a table with images of one schema. A column that the schema does not have must
 * be null.
 *
 * @param ignored columns that an image cannot know.
 */
export function compileComparison(
  table: RowFormat,
  image: RowFormat,
  ignored: ReadonlySet<string>,
): CompareRows {
  const columns = table.columns.flatMap(({ name, type }, index) => {
    if (ignored.has(name)) return [];
    const other = image.indexOf(name);
    return [{ name, index, other, absent: other === undefined ? nullOf(name, type) : undefined }];
  });
  return (stored, expected) => {
    const differing: string[] = [];
    for (const { name, index, other, absent } of columns) {
      const from = stored.starts[index] ?? 0;
      const until = stored.starts[index + 1] ?? 0;
      const same =
        other === undefined
          ? until - from === 1 && stored.bytes[from] === absent
          : sameBytes(stored, from, until, expected, other);
      if (!same) differing.push(name);
    }
    return differing;
  };
}

function sameBytes(stored: BinaryRow, from: number, until: number, image: BinaryRow, index: number): boolean {
  const start = image.starts[index] ?? 0;
  const end = image.starts[index + 1] ?? 0;
  if (until - from !== end - start) return false;
  if (until - from > 32) return stored.bytes.compare(image.bytes, start, end, from, until) === 0;
  for (let at = 0; at < until - from; at += 1) {
    if (stored.bytes[from + at] !== image.bytes[start + at]) return false;
  }
  return true;
}

/** The one byte of a null: the mark of a Nullable, the length of an empty array, or a presence column's false. */
function nullOf(name: string, type: string): number {
  if (type.startsWith('Nullable(')) return 1;
  if (type.startsWith('Array(') || type === 'Bool') return 0;
  throw new MillraceError('INTERNAL', `the column ${name} (${type}) has no null`);
}

/** Comparisons of a table with images of any schema, compiled once for each. */
export class RowComparison {
  readonly #table: RowFormat;
  readonly #ignored: ReadonlySet<string>;
  readonly #compiled = new Map<RowFormat, CompareRows>();

  constructor(table: RowFormat, ignored: ReadonlySet<string>) {
    this.#table = table;
    this.#ignored = ignored;
  }

  /** The columns in which a stored row is not what the image says. */
  differing(stored: BinaryRow, image: RowImage): readonly string[] {
    const known = this.#compiled.get(image.format);
    if (known !== undefined) return known(stored, image);
    const compiled = compileComparison(this.#table, image.format, this.#ignored);
    this.#compiled.set(image.format, compiled);
    return compiled(stored, image);
  }
}
