import type { ClickHouseClient } from '@clickhouse/client';
import { type Running, startTogether } from '@millrace/kernel';
import { assertTestName, testStack, uniqueName } from '@millrace/testing';
import { connectClickHouse } from '../clickhouse/connect.ts';
import { type Deployment, onCluster } from '../clickhouse/table.ts';
import { type ClickHouseOfflineStore, openOfflineStore } from '../store.ts';

/** A database of its own, which goes with its client. */
export interface TestDatabase {
  readonly client: ClickHouseClient;
  readonly database: string;
}

/** How tests make tables: on one server, or replicated on the cluster that the environment names. */
export function testDeployment(): Deployment {
  return { cluster: testStack().clickhouse.cluster ?? '' };
}

/** Makes an empty database. */
export function openTestDatabase(): Promise<Running<TestDatabase>> {
  return startTogether(async (starter) => {
    const { clickhouse } = testStack();
    const database = uniqueName('offline');
    const client = await starter.start(() =>
      connectClickHouse({
        clickhouseUrl: clickhouse.url,
        clickhouseUser: clickhouse.user,
        clickhousePassword: clickhouse.password,
        clickhouseDatabase: database,
        clickhouseCluster: testDeployment().cluster,
        clickhouseRequestTimeoutMs: 60_000,
        clickhouseMaxConnections: 8,
      }),
    );
    starter.onStop(async () => {
      await client.command({
        query: `DROP DATABASE IF EXISTS ${assertTestName(database)}${onCluster(testDeployment())}`,
      });
    });
    return { client, database };
  });
}

/** A store in a database of its own. */
export function openTestStore(): Promise<Running<TestDatabase & { readonly store: ClickHouseOfflineStore }>> {
  return startTogether(async (starter) => {
    const { client, database } = await starter.start(openTestDatabase);
    return { client, database, store: await openOfflineStore(client, testDeployment()) };
  });
}
