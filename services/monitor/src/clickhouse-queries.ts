import { type connectClickHouse, liveGenerations, storeError } from '@millrace/offline-store';
import type { Queries } from './queries.ts';

type ClickHouse = Awaited<ReturnType<typeof connectClickHouse>>['value'];

/** Queries of ClickHouse. */
export function clickHouseQueries(client: ClickHouse): Queries {
  async function asked<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (cause) {
      throw storeError('a query of the monitor', cause);
    }
  }
  return {
    rows: (query) =>
      asked(async () => {
        const answer = await client.query({ query, format: 'JSONEachRow' });
        return answer.json();
      }),
    live: (topics) => asked(() => liveGenerations(client, topics)),
  };
}
