import type { z } from 'zod';

/** Where ClickHouse is, as an analyst is told. */
export interface ClickHouseAddress {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** An analyst with nothing but SQL over HTTP: what the demo checks Millrace's own answers against. */
export interface Analyst {
  /** The rows of a query, each read by the schema. */
  rows<S extends z.ZodType>(
    schema: S,
    sql: string,
    parameters?: Readonly<Record<string, string>>,
  ): Promise<z.output<S>[]>;
  /** The single row of a query. */
  row<S extends z.ZodType>(
    schema: S,
    sql: string,
    parameters?: Readonly<Record<string, string>>,
  ): Promise<z.output<S>>;
}

/** Asks ClickHouse over its HTTP interface. 64-bit integers come as numbers: the demo counts no higher than 2^53. */
export function analystOf(address: ClickHouseAddress): Analyst {
  const rows: Analyst['rows'] = async (schema, sql, parameters = {}) => {
    const text = await ask(address, sql, parameters);
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => schema.parse(JSON.parse(line)));
  };
  return {
    rows,
    row: async (schema, sql, parameters) => {
      const [row, ...more] = await rows(schema, sql, parameters);
      if (row === undefined || more.length > 0) throw new Error(`a single row was expected of: ${sql}`);
      return row;
    },
  };
}

async function ask(
  { url, user, password, database }: ClickHouseAddress,
  sql: string,
  parameters: Readonly<Record<string, string>>,
): Promise<string> {
  const query = new URLSearchParams({
    database,
    default_format: 'JSONEachRow',
    output_format_json_quote_64bit_integers: '0',
  });
  for (const [name, value] of Object.entries(parameters)) query.set(`param_${name}`, value);
  const response = await fetch(`${url}/?${query.toString()}`, {
    method: 'POST',
    headers: { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password },
    body: sql,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`ClickHouse answered ${response.status}: ${text.trim()}`);
  return text;
}
