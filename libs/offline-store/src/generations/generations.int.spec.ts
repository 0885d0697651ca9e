import { newEventId } from '@millrace/events';
import { defineEntity, defineFeatureView, type RegisteredView } from '@millrace/feature-registry';
import { startTogether } from '@millrace/kernel';
import { generationsContract, type GenerationsUnderTest } from '@millrace/processing/testing';
import { uniqueName } from '@millrace/testing';
import { z } from 'zod';
import { identifier } from '../clickhouse/sql.ts';
import { rawTableName } from '../feature-table/feature-table.ts';
import { openOfflineStore } from '../store.ts';
import { catalogOf } from '../testing/definitions.ts';
import { applied } from '../testing/snapshot-world.ts';
import { openTestStore, testDeployment } from '../testing/test-store.ts';
import { writeRows } from '../testing/write-rows.ts';
import { rawNameOf } from './event-topics.ts';
import { physicalTable } from './physical-table.ts';

const entity = defineEntity({ name: 'thing', keys: { id: 'int' }, owner: 'test' });
const counted = z.array(z.object({ rows: z.coerce.number() }));

generationsContract('The offline store in ClickHouse', () =>
  startTogether(async (starter): Promise<GenerationsUnderTest> => {
    const { client, store } = await starter.start(openTestStore);
    const other = await openOfflineStore(client, testDeployment());
    const views = new Map<string, RegisteredView>();

    function viewOf(topic: string): RegisteredView {
      const view = views.get(topic);
      if (view === undefined) throw new Error(`no view of ${topic}`);
      return view;
    }

    async function countOf(table: string): Promise<number> {
      const exists = await client.query({
        query: `SELECT count() AS rows FROM system.tables WHERE database = currentDatabase() AND name = {table: String}`,
        query_params: { table },
        format: 'JSONEachRow',
      });
      if (counted.parse(await exists.json())[0]?.rows === 0) return 0;
      const answer = await client.query({
        query: `SELECT count() AS rows FROM ${identifier(table)}`,
        format: 'JSONEachRow',
      });
      return counted.parse(await answer.json())[0]?.rows ?? -1;
    }

    return {
      generations: store.generations,
      others: other.generations,
      async newTopic() {
        const { definition } = defineFeatureView({
          name: uniqueName('view'),
          entity,
          ttl: null,
          owner: 'test',
          features: { x: { type: 'int' } },
        });
        const view = catalogOf(entity, definition).view(definition.name);
        views.set(view.topic, view);
        for (const each of [store, other]) await each.ensureView(view, 1);
        return view.topic;
      },
      async put({ topic, number }, partition, nextOffset) {
        const view = viewOf(topic);
        await store.ensureView(view, number);
        const rows = Array.from({ length: Number(nextOffset) }, (_, offset) => ({
          eventId: newEventId(),
          key: { id: 1 },
          eventTime: BigInt(offset),
          partition,
          offset: BigInt(offset),
          values: { x: offset },
        }));
        await writeRows(store, view, rows, number);
        await applied(store, topic, 0n, nextOffset - 1n, number, partition);
      },
      rows: ({ topic, number }) => countOf(physicalTable(rawNameOf(topic) ?? '', number)),
      rowsRead: (topic) => countOf(rawTableName(viewOf(topic).definition.name)),
    };
  }),
);
