import type { ClickHouseClient } from '@clickhouse/client';
import { z } from 'zod';
import { foldMarks, type Mark, type TopicGenerations } from './marks.ts';

const untilSchema = z.record(z.string(), z.string().transform(BigInt));

const rowSchema = z.object({
  topic: z.string(),
  number: z.number(),
  mark: z.enum(['building', 'live', 'retired', 'dropped']),
  rebuild: z.string(),
  until: z
    .string()
    .nullable()
    .transform((text): Mark['until'] => (text === null ? null : untilSchema.parse(JSON.parse(text)))),
  since: z.coerce.bigint(),
});

/** Offsets as the table keeps them. */
export function untilToText(until: Mark['until']): string | null {
  if (until === null) return null;
  return JSON.stringify(until, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

/**
 * What the store knows of topics that were ever rebuilt. The number of a block is given with the lock under which the
 * block becomes visible, and so is an order that every reader sees alike.
 *
 * @param topics all of them when left out.
 */
export async function readGenerations(
  client: ClickHouseClient,
  topics?: readonly string[],
): Promise<ReadonlyMap<string, TopicGenerations>> {
  const answer = await client.query({
    query: `SELECT topic, number, mark, rebuild, until, toUnixTimestamp64Micro(since) AS since FROM generations
            WHERE {all: Bool} OR topic IN {topics: Array(String)} ORDER BY _block_number`,
    query_params: { all: topics === undefined, topics: [...(topics ?? [])] },
    format: 'JSONEachRow',
  });
  const marks = Map.groupBy(z.array(rowSchema).parse(await answer.json()), ({ topic }) => topic);
  return new Map([...marks].map(([topic, ofTopic]) => [topic, foldMarks(topic, ofTopic)]));
}

/** The generation of each topic that is read. */
export async function liveGenerations(
  client: ClickHouseClient,
  topics: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const known = await readGenerations(client, topics);
  return new Map(topics.map((topic) => [topic, known.get(topic)?.live ?? 1]));
}
