import { type Running, startTogether } from '@millrace/kernel';
import { connectClickHouse, type OfflineStore, openOfflineStore } from '@millrace/offline-store';
import { testStack, uniqueName } from '@millrace/testing';
import { clickHouseQueries } from '../clickhouse-queries.ts';
import type { Queries } from '../queries.ts';

/** An offline store in a database of its own on the test stack. */
export interface TestStore {
  readonly clickhouse: Awaited<ReturnType<typeof connectClickHouse>>['value'];
  readonly store: OfflineStore;
  readonly queries: Queries;
}

/** Opens a {@link TestStore}; `name` begins the name of its database. */
export function openTestStore(name: string): Promise<Running<TestStore>> {
  return startTogether(async (starter) => {
    const { url, user, password } = testStack().clickhouse;
    const clickhouse = await starter.start(() =>
      connectClickHouse({
        clickhouseUrl: url,
        clickhouseUser: user,
        clickhousePassword: password,
        clickhouseDatabase: uniqueName(name),
        clickhouseRequestTimeoutMs: 30_000,
        clickhouseMaxConnections: 4,
      }),
    );
    return {
      clickhouse,
      store: await openOfflineStore(clickhouse, { cluster: '' }),
      queries: clickHouseQueries(clickhouse),
    };
  });
}
