import { newEventId } from '@millrace/events';
import { defineEntity, defineFeatureView, type RegisteredView } from '@millrace/feature-registry';
import { startTogether } from '@millrace/kernel';
import { uniqueName } from '@millrace/testing';
import { expect, test } from 'vitest';
import { appliedRangesTable } from '../clickhouse/applied-ranges.ts';
import { createTable, engine, onceView, onCluster } from '../clickhouse/table.ts';
import { eventTables, eventViews } from '../event-tables/views.ts';
import { featureTable } from '../feature-table/feature-table.ts';
import { snapshotsTable } from '../snapshots/table.ts';
import { openOfflineStore } from '../store.ts';
import { catalogOf } from '../testing/definitions.ts';
import { openTestDatabase, testDeployment } from '../testing/test-store.ts';
import { writeRows } from '../testing/write-rows.ts';

function givenView(): RegisteredView {
  const { definition } = defineFeatureView({
    name: uniqueName('view'),
    entity: defineEntity({ name: 'thing', keys: { id: 'int' }, owner: 'test' }),
    ttl: null,
    owner: 'test',
    features: { x: { type: 'int' } },
  });
  const entity = defineEntity({ name: 'thing', keys: { id: 'int' }, owner: 'test' });
  return catalogOf(entity, definition).view(definition.name);
}

/** A database as it was before there were generations: tables under the stable names. */
const oldStore = (view: RegisteredView) =>
  startTogether(async (starter) => {
    const { client } = await starter.start(openTestDatabase);
    const { name } = view.definition;
    const deployment = testDeployment();
    const table = featureTable(view);
    for (const query of [
      appliedRangesTable(deployment),
      ...Object.values(eventTables).map((each) => createTable(each.table, deployment)),
      ...eventViews(deployment),
      snapshotsTable(deployment),
      createTable(table, deployment),
      onceView(`features_${name}`, table.name, ['id', 'x'], 'Rows.', deployment),
      `CREATE TABLE migrations${onCluster(deployment)} (number UInt32, name String) ENGINE = ${engine('ReplacingMergeTree', deployment)} ORDER BY number`,
      "INSERT INTO migrations VALUES (1, ''), (2, ''), (3, '')",
      `INSERT INTO applied_ranges (topic, epoch, partition, first_offset, last_offset) VALUES ('${view.topic}', 0, 0, 0, 1)`,
      `INSERT INTO ${table.name} (event_id, id, x, as_of_key, offset) VALUES (generateUUIDv4(), 1, 10, 1, 0), (generateUUIDv4(), 2, 20, 2, 1)`,
      `INSERT INTO ${table.name} SELECT * FROM ${table.name}`,
      "INSERT INTO dead_letters_raw (event_id, source_topic, as_of_key) VALUES (generateUUIDv4(), 'old', 1)",
    ])
      await client.command({ query });
    const counted = async (what: string) => {
      const found = await client.query({
        query: `SELECT count()::UInt32 AS n FROM ${what}`,
        format: 'JSONEachRow',
      });
      return (await found.json<{ n: number }>())[0]?.n;
    };
    return { client, counted };
  });

test('a store from before there were generations goes on as generation 1, also when two services start at once', async () => {
  const view = givenView();
  const { name } = view.definition;
  const { value, stop } = await oldStore(view);
  const { client, counted } = value;
  const stores = await Promise.all([1, 2, 3].map(() => openOfflineStore(client, testDeployment())));
  const [store] = stores;
  if (store === undefined) throw new Error('no store');
  expect(await counted(`features_${name}`)).toBe(2);
  expect(await counted(`features_${name}_raw`)).toBe(4);
  expect(await counted(`features_${name}_raw_g1`)).toBe(4);
  expect(await counted("dead_letters WHERE source_topic = 'old'")).toBe(1);
  expect(await store.resumeFrom(view.topic, 0, 0, 1)).toBe(2n);
  await store.ensureView(view, 1);
  const row = { eventId: newEventId(), key: { id: 3 }, eventTime: 5n, partition: 0, offset: 2n };
  await writeRows(store, view, [{ ...row, values: { x: 30 } }]);
  expect(await counted(`features_${name}`)).toBe(3);
  const engines = await client.query({
    query: `SELECT name FROM system.tables
            WHERE database = currentDatabase() AND endsWith(name, '_raw') AND engine != 'View'`,
    format: 'JSONEachRow',
  });
  expect(await engines.json()).toEqual([]);
  await stop();
});
