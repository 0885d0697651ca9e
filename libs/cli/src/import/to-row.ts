import type { Entity, FeatureType, FeatureView } from '@millrace/feature-registry';
import { formatInstant, MillraceError } from '@millrace/kernel';
import type { FileRow } from './read-csv.ts';

/** Where the columns of a view come from. */
export interface ColumnMapping {
  /** The column with the event time. */
  readonly eventTime: string;
  /** The column with event ids, where the file has them. */
  readonly eventId?: string;
  /** File column of a key column or feature, where the names differ. */
  readonly columns: ReadonlyMap<string, string>;
}

/** Turns rows of a file into rows of a view in the row format; throws VALUE_INVALID where a text is no such value. */
export type ToRow = (row: FileRow) => Readonly<Record<string, unknown>>;

/**
 * Prepares the conversion. A key column that the file does not have is an error, a feature that it does not have
 * is null; columns that the view does not have are left out.
 *
 * @throws MillraceError REQUEST_INVALID
 */
export function rowConverter(
  view: FeatureView,
  entity: Entity,
  mapping: ColumnMapping,
  header: readonly string[],
): ToRow {
  const present = new Set(header);
  const wanted: { readonly name: string; readonly column: string; readonly type: FeatureType }[] = [];
  const types: [string, FeatureType, boolean][] = [
    ...Object.entries(entity.keys).map(([name, type]): [string, FeatureType, boolean] => [name, type, true]),
    ...Object.entries(view.features).map(([name, { type }]): [string, FeatureType, boolean] => [
      name,
      type,
      false,
    ]),
  ];
  const known = new Set(types.map(([name]) => name));
  for (const name of mapping.columns.keys()) {
    if (!known.has(name))
      throw new MillraceError(
        'REQUEST_INVALID',
        `--map ${name}: ${view.name} has no such key column or feature`,
      );
  }
  for (const [name, type, required] of types) {
    const column = mapping.columns.get(name) ?? name;
    if (present.has(column)) wanted.push({ name, column, type });
    else if (required || mapping.columns.has(name)) {
      throw new MillraceError(
        'REQUEST_INVALID',
        `the file has no column ${column} for ${name}; it has ${header.join(', ')}`,
      );
    }
  }
  const { eventTime, eventId } = mapping;
  for (const column of [eventTime, ...(eventId === undefined ? [] : [eventId])]) {
    if (!present.has(column))
      throw new MillraceError(
        'REQUEST_INVALID',
        `the file has no column ${column}; it has ${header.join(', ')}`,
      );
  }
  return (row) => {
    const converted: Record<string, unknown> = { eventTime: plainValue(row[eventTime], 'timestamp') };
    if (eventId !== undefined) converted['eventId'] = row[eventId];
    for (const { name, column, type } of wanted) converted[name] = plainValue(row[column], type);
    return converted;
  };
}

/** A value of a file in the row format. What it cannot be is passed on, and refused with index and field. */
export function plainValue(value: unknown, type: FeatureType): unknown {
  if (value === null || value === undefined) return null;
  if (typeof type !== 'string') {
    const item = 'array' in type ? type.array : type.embedding;
    const list: unknown = typeof value === 'string' ? parseJson(value) : value;
    return Array.isArray(list) ? list.map((each) => plainValue(each, item)) : list;
  }
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint')
    return type === 'timestamp'
      ? formatInstant(value)
      : type === 'long' || type === 'string'
        ? String(value)
        : Number(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value !== 'string') return value;
  switch (type) {
    case 'int':
    case 'float':
    case 'double':
      return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value) ? Number(value) : value;
    case 'bool':
      return /^(true|1)$/i.test(value) ? true : /^(false|0)$/i.test(value) ? false : value;
    case 'timestamp':
    case 'long':
    case 'string':
      return value;
    default:
      return type satisfies never;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
