import type { ClickHouseClient } from '@clickhouse/client';
import type { KeyColumnType } from '@millrace/events';
import { MillraceError } from '@millrace/kernel';
import { z } from 'zod';
import { identifier, literal } from '../clickhouse/sql.ts';
import { keyColumnType } from '../feature-table/columns.ts';
import type { JoinView } from '../point-in-time/join-view.ts';
import type { StagedColumn } from './staged-column.ts';

/** A column of a spine, and how it gets its type. */
export interface SpineColumn {
  readonly name: string;
  readonly type: string;
  /** SQL over the staged columns. */
  readonly expression: string;
  /** SQL that is true for a value that breaks the column's rule, and the rule. */
  readonly isBad?: string;
  readonly rule?: string;
}

/** ISO 8601 with a zone, to the microsecond. */
const ISO_WITH_ZONE =
  '^\\d{4}-\\d{2}-\\d{2}[Tt ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,6}0*)?)?(Z|z|[+-]\\d{2}:?\\d{2})$';

/**
 * How each column of a spine is read: key columns as the service's entities have them, the time column as an
 * instant, every other as it came.
 *
 * @throws MillraceError REQUEST_INVALID when a column that is needed is missing or cannot be what it must be.
 */
export function spineColumns(
  columns: readonly StagedColumn[],
  views: readonly JoinView[],
  timeColumn: string,
): readonly SpineColumn[] {
  const keys = keyColumns(views);
  const names = new Set(columns.map(({ name }) => name));
  for (const needed of [timeColumn, ...keys.keys()]) {
    if (!names.has(needed))
      throw new MillraceError('REQUEST_INVALID', `the spine has no column ${needed}`, {
        details: { column: needed },
      });
  }
  for (const { name } of columns) {
    if (name.startsWith('__'))
      throw new MillraceError(
        'REQUEST_INVALID',
        `column ${name} of the spine begins with __, which is reserved`,
      );
  }
  return columns.map((column) => {
    if (column.name === timeColumn) return timeOf(column);
    const type = keys.get(column.name);
    return type === undefined
      ? { name: column.name, type: column.type, expression: identifier(column.name) }
      : keyOf(column.name, type);
  });
}

/** The key columns that a spine must have. */
export function keyColumns(views: readonly JoinView[]): ReadonlyMap<string, KeyColumnType> {
  const found = new Map<string, KeyColumnType>();
  for (const { keys, name } of views) {
    for (const { column, type } of keys) {
      const before = found.get(column) ?? type;
      if (before !== type)
        throw new MillraceError(
          'REQUEST_INVALID',
          `column ${column} is ${before} for one view and ${type} for ${name}`,
        );
      found.set(column, type);
    }
  }
  return found;
}

function keyOf(name: string, type: KeyColumnType): SpineColumn {
  const column = identifier(name);
  const target = keyColumnType(type);
  const expression = `accurateCastOrNull(${column}, ${literal(target)})`;
  return {
    name,
    type: `Nullable(${target})`,
    expression,
    isBad: `isNotNull(${column}) AND isNull(${expression})`,
    rule: `must be ${type}`,
  };
}

function timeOf({ name, type, isNaiveTime }: StagedColumn): SpineColumn {
  const column = identifier(name);
  const target = "DateTime64(6, 'UTC')";
  if (isNaiveTime)
    throw new MillraceError(
      'TIME_INVALID',
      `column ${name} of the spine has times without a zone; give them one, such as UTC`,
      {
        details: { column: name },
      },
    );
  if (type === 'Nullable(String)') {
    const parsed = `if(match(ifNull(${column}, ''), ${literal(ISO_WITH_ZONE)}), parseDateTime64BestEffortOrNull(${column}, 6, 'UTC'), NULL)`;
    return {
      name,
      type: target,
      expression: `assumeNotNull(${parsed})`,
      isBad: `isNull(${parsed})`,
      rule: 'must be an ISO 8601 time with a zone, such as 2001-01-31T13:45:00Z, to the microsecond',
    };
  }
  if (!type.startsWith('Nullable(DateTime64'))
    throw new MillraceError('TIME_INVALID', `column ${name} of the spine is ${type}, not a time`, {
      details: { column: name },
    });
  const nanos = type.includes('(9') ? ` OR toUnixTimestamp64Nano(assumeNotNull(${column})) % 1000 != 0` : '';
  return {
    name,
    type: target,
    expression: `toDateTime64(assumeNotNull(${column}), 6, 'UTC')`,
    isBad: `(isNull(${column})${nanos})`,
    rule: 'must be a time, to the microsecond',
  };
}

const badRow = z.object({
  row: z.coerce.number(),
  column: z.string(),
  value: z.string().nullable(),
  rule: z.string(),
});

/**
 * Looks at every row.
 *
 * @throws MillraceError KEY_INVALID or TIME_INVALID that names row and column of the first that break a rule.
 */
export async function checkSpine(
  client: ClickHouseClient,
  table: string,
  columns: readonly SpineColumn[],
  timeColumn: string,
): Promise<void> {
  const checked = columns.filter(({ isBad }) => isBad !== undefined);
  const problems = checked.map(
    ({ name, isBad, rule }) =>
      `if(${isBad}, [(${literal(name)}, toString(${identifier(name)}), ${literal(rule ?? '')})], [])`,
  );
  const answer = await client.query({
    query: `
      SELECT row, problem.1 AS column, problem.2 AS value, problem.3 AS rule
      FROM (SELECT rowNumberInAllBlocks() AS row, arrayConcat(${problems.join(', ')}, []) AS problems FROM ${identifier(table)})
      ARRAY JOIN problems AS problem
      LIMIT 5 SETTINGS max_threads = 1`,
    format: 'JSONEachRow',
  });
  const bad = z.array(badRow).parse(await answer.json());
  const [first] = bad;
  if (first === undefined) return;
  const said = bad.map(
    ({ row, column, value, rule }) =>
      `row ${row}, column ${column}: ${value === null ? 'null' : JSON.stringify(value)} ${rule}`,
  );
  throw new MillraceError(
    first.column === timeColumn ? 'TIME_INVALID' : 'KEY_INVALID',
    `the spine has ${said.join('; ')}`,
    {
      details: { problems: bad },
    },
  );
}
