import type { ClickHouseClient } from '@clickhouse/client';
import { type Running, startTogether } from '@millrace/kernel';
import { assertTestName, testStack, uniqueName } from '@millrace/testing';
import { connectClickHouse } from '../clickhouse/connect.ts';
import type { OfflineStore } from '../port.ts';
import { openOfflineStore } from '../store.ts';

/** A store in a database of its own, which goes with it. */
export function openTestStore(): Promise<
  Running<{ readonly client: ClickHouseClient; readonly store: OfflineStore; readonly database: string }>
> {
  return startTogether(async (starter) => {
    const { clickhouse } = testStack();
    const database = uniqueName('offline');
    const client = await starter.start(() =>
      connectClickHouse({
        clickhouseUrl: clickhouse.url,
        clickhouseUser: clickhouse.user,
        clickhousePassword: clickhouse.password,
        clickhouseDatabase: database,
        clickhouseRequestTimeoutMs: 60_000,
        clickhouseMaxConnections: 8,
      }),
    );
    starter.onStop(async () => {
      await client.command({ query: `DROP DATABASE IF EXISTS ${assertTestName(database)}` });
    });
    const store = await openOfflineStore(client, { cluster: '' });
    return { client, store, database };
  });
}
