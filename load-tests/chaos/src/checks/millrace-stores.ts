import type { ClickHouseClient } from '@clickhouse/client';
import { KeyCodec } from '@millrace/events';
import { appliedPartitions, storeError } from '@millrace/offline-store';
import { BUCKETS, type OnlineStore } from '@millrace/online-store';
import { z } from 'zod';
import { account, shop, typedKeyOf, views } from '../load/definitions.ts';
import { ENTITIES, type Source } from '../load/events.ts';
import type { ShownEvent, ShownWinner, Stores } from './stores.ts';
import { loadTopics } from './topics.ts';

/** The platform's stores, read the way that their users do: the views of ClickHouse, the buckets of Redis. */
export function millraceStores(clickhouse: ClickHouseClient, online: OnlineStore): Stores {
  return {
    async onlineEnds() {
      const vector = await online.applied();
      return new Map(
        Object.entries(vector).flatMap(([topic, partitions]) =>
          Object.entries(partitions).map(([partition, last]) => [`${topic}/${partition}`, last + 1n]),
        ),
      );
    },
    async offlineEnds() {
      const applied = await appliedPartitions(clickhouse, [...loadTopics]);
      return new Map(applied.map(({ topic, partition, next }) => [`${topic}/${partition}`, next]));
    },
    eventsOf: (source) => shownEvents(clickhouse, tableOf(source), numberColumn(source)),
    async winners() {
      const entityOf = entitiesByKey();
      const found = new Map<string, Map<number, ShownWinner>>(views.map(({ name }) => [name, new Map()]));
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        const { rows } = await online.readBucket(bucket);
        for (const { view, entity, key, eventTime, eventId } of rows) {
          const number = entityOf.get(`${entity}/${key.toString('hex')}`) ?? -1;
          found.get(view)?.set(number, { eventTime: Number(eventTime), eventId });
        }
      }
      return found;
    },
  };
}

const eventSchema = z.tuple([z.coerce.number().nullable(), z.string()]);

/**
 * Every event of a table or view.
 *
 * @param number an expression for the number of an event, null without one
 * @throws MillraceError STORE_UNAVAILABLE
 */
export async function* shownEvents(
  clickhouse: ClickHouseClient,
  table: string,
  number: string,
): AsyncIterable<readonly ShownEvent[]> {
  try {
    const answer = await clickhouse.query({
      query: `SELECT ${number} AS number, event_id FROM ${table}`,
      format: 'JSONCompactEachRow',
    });
    for await (const rows of answer.stream()) {
      yield rows.map((row) => {
        const [n, eventId] = eventSchema.parse(row.json());
        return { n: n ?? undefined, eventId };
      });
    }
  } catch (cause) {
    throw storeError(`${table} in ClickHouse`, cause);
  }
}

/** The view that analysts read. */
function tableOf(source: Source): string {
  return source === 'predictions' || source === 'labels' ? source : `features_${source}`;
}

function numberColumn(source: Source): string {
  return source === 'predictions' || source === 'labels'
    ? "toInt64OrNull(splitByChar('-', assumeNotNull(prediction_id))[2])"
    : 'n';
}

/** The numbers of entities by `entity/key in hexadecimal`. */
export function entitiesByKey(): ReadonlyMap<string, number> {
  const codecs = { account: new KeyCodec(account.keys), shop: new KeyCodec(shop.keys) };
  const found = new Map<string, number>();
  for (const view of views) {
    const codec = view.entity === 'shop' ? codecs.shop : codecs.account;
    for (let entity = 0; entity < ENTITIES; entity++) {
      found.set(`${view.entity}/${codec.encode(typedKeyOf(view.name, entity)).toString('hex')}`, entity);
    }
  }
  return found;
}
