import { createClient } from '@clickhouse/client';
import type { StackAddresses } from '@millrace/embedded';
import { z } from 'zod';
import { readOnline } from '../fuzz/records/stores.ts';
import { pressure } from './view.ts';

const numbersSchema = z.array(z.object({ number: z.coerce.number() }));

/** The acknowledged rows that a store does not have. */
export async function lostRows(
  acknowledged: ReadonlySet<number>,
  { clickhouse }: StackAddresses,
  featureServer: string,
): Promise<{ readonly offline: number; readonly online: number }> {
  const { url, user: username, password, database } = clickhouse;
  const client = createClient({ url, username, password, database });
  try {
    const query = `SELECT DISTINCT number FROM features_${pressure.definition.name}`;
    const answer = await client.query({ query, format: 'JSONEachRow' });
    const stored = new Set(numbersSchema.parse(await answer.json()).map(({ number }) => number));
    const wanted = [...acknowledged];
    const places = await readOnline(
      featureServer,
      pressure.definition.name,
      wanted.map((number) => ({ number })),
    );
    return {
      offline: wanted.filter((number) => !stored.has(number)).length,
      online: places.filter((place) => place === undefined).length,
    };
  } finally {
    await client.close();
  }
}
