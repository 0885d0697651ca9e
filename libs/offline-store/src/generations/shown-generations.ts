import type { ClickHouseClient } from '@clickhouse/client';
import { z } from 'zod';

const viewRow = z.object({ name: z.string(), as_select: z.string() });

/**
 * The generation that names which analysts use show the rows of, by name. It can be one before the live one for a
 * moment, and for as long as no projector runs, where one died right after a generation went live.
 *
 * @param rawNames for each name, the stable name of the raw rows that it shows; names that are no view are left out.
 */
export async function generationsShown(
  client: ClickHouseClient,
  rawNames: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, number>> {
  const answer = await client.query({
    query: `SELECT name, as_select FROM system.tables
            WHERE database = currentDatabase() AND engine = 'View' AND name IN {names: Array(String)}`,
    query_params: { names: [...rawNames.keys()] },
    format: 'JSONEachRow',
  });
  const views = z.array(viewRow).parse(await answer.json());
  return new Map(
    views.flatMap(({ name, as_select: select }) => {
      const generation = new RegExp(`\\b${rawNames.get(name)}_g(\\d+)\\b`).exec(select)?.[1];
      return generation === undefined ? [] : [[name, Number(generation)] as const];
    }),
  );
}
