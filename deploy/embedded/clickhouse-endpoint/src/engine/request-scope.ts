import { z } from 'zod';
import { queryComment } from '../sql/kill-query.ts';
import { quoteIdentifier, quoteString } from '../sql/quote.ts';
import type { EngineConnection } from './engine.ts';

/** What a request sets for its own query only. */
export type RequestScope = {
  readonly queryId: string;
  readonly database: string | undefined;
  readonly parameters: ReadonlyMap<string, string>;
  readonly settings: ReadonlyMap<string, string>;
};

const rowSchema = z.tuple([z.string(), z.string(), z.string(), z.number()]);

const namePattern = /^[A-Za-z_][A-Za-z0-9_.]*$/;

/**
 * Applies a request's database, parameters and settings to a connection. Gives back what undoes the settings, for
 * a session whose next request must not see them.
 */
export async function enterScope(
  connection: EngineConnection,
  scope: RequestScope,
  isShared: boolean,
): Promise<() => Promise<void>> {
  const settings = new Map(scope.settings);
  settings.set('log_comment', queryComment(connection.id, scope.queryId, settings.get('log_comment')));
  // The embedded engine takes `1 + 1` for a query; ClickHouse's server does not.
  if (!settings.has('implicit_select')) settings.set('implicit_select', '0');

  const leaveScope = isShared
    ? await rememberState(connection, settings, scope.database !== undefined)
    : async () => undefined;
  try {
    const use = scope.database === undefined ? '' : `USE ${quoteIdentifier(scope.database)}; `;
    await connection.query(use + setStatement(settings, scope.parameters));
  } catch (error) {
    await leaveScope();
    throw error;
  }
  return leaveScope;
}

function setStatement(
  settings: ReadonlyMap<string, string>,
  parameters: ReadonlyMap<string, string>,
): string {
  // Once readonly is set, nothing else can be.
  const inOrder = [...settings].toSorted(([a], [b]) => Number(a === 'readonly') - Number(b === 'readonly'));
  const changes = [
    ...[...parameters].map(([name, value]) => `param_${checkedName(name)} = ${quoteString(value)}`),
    ...inOrder.map(([name, value]) => `${checkedName(name)} = ${quoteString(value)}`),
  ];
  return `SET ${changes.join(', ')}`;
}

/** Only what the request itself sets: a `SET` or `USE` that it runs is for the session. */
async function rememberState(
  connection: EngineConnection,
  settings: ReadonlyMap<string, string>,
  setsDatabase: boolean,
): Promise<() => Promise<void>> {
  const names = [...settings.keys()].map(quoteString).join(', ');
  const before = await connection.query(
    `SELECT currentDatabase(), name, value, changed FROM system.settings WHERE name IN (${names})`,
    'JSONCompactEachRow',
  );
  const lines = Buffer.from(before.bytes).toString().trimEnd().split('\n');
  const rows = lines.map((line) => rowSchema.parse(JSON.parse(line)));
  const restore = rows.map(
    ([, name, value, changed]) => `${name} = ${changed ? quoteString(value) : 'DEFAULT'}`,
  );
  return async () => {
    // What a failed query left behind would come out with the next answer: here nobody reads it.
    await connection.query(`SET ${restore.join(', ')}`);
    const [first] = rows;
    if (setsDatabase && first) await connection.query(`USE ${quoteIdentifier(first[0])}`);
  };
}

function checkedName(name: string): string {
  if (namePattern.test(name)) return name;
  return quoteIdentifier(name);
}
