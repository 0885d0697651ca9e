import { type connectClickHouse, storeError } from '@millrace/offline-store';
import type { Queries } from './queries.ts';

type ClickHouse = Awaited<ReturnType<typeof connectClickHouse>>['value'];

/** Queries of ClickHouse. */
export function clickHouseQueries(client: ClickHouse): Queries {
  return {
    async rows(query) {
      try {
        const answer = await client.query({ query, format: 'JSONEachRow' });
        return await answer.json();
      } catch (cause) {
        throw storeError('a query of the monitor', cause);
      }
    },
  };
}
