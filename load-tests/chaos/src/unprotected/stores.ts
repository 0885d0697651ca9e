import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import type { LogAdmin } from '@millrace/event-log';
import { Redis } from 'ioredis';
import type { Running } from '@millrace/kernel';
import { z } from 'zod';
import { entitiesByKey, shownEvents } from '../checks/millrace-stores.ts';
import type { Ends, ShownWinner, Stores } from '../checks/stores.ts';
import { loadTopics } from '../checks/topics.ts';
import { views } from '../load/definitions.ts';
import type { Mains } from '../platform/platform.ts';
import { unprotectedGroup } from './consume.ts';
import { onlineKey, tableName } from './names.ts';

/** What runs in the place of the platform's projectors. */
export const unprotectedMains: Mains = {
  'online-projector': join(import.meta.dirname, 'online-projector.ts'),
  'offline-projector': join(import.meta.dirname, 'offline-projector.ts'),
};

const winnerSchema = z.object({ eventTime: z.number(), eventId: z.string() });

/** The control's stores. How far they are is what was committed: there is nothing else to ask. */
export async function unprotectedStores(
  log: LogAdmin,
  clickhouse: ClickHouseClient,
  redisUrl: string,
): Promise<Running<Stores>> {
  const redis = new Redis(redisUrl);
  redis.on('error', () => undefined);
  const committed = async (service: string): Promise<Ends> => {
    const ends = new Map<string, bigint>();
    for (const topic of loadTopics) {
      const offsets = await log.committed(unprotectedGroup(service), topic);
      for (const [partition, next] of offsets) ends.set(`${topic}/${partition}`, next);
    }
    return ends;
  };
  const value: Stores = {
    onlineEnds: () => committed('online-projector'),
    offlineEnds: () => committed('offline-projector'),
    eventsOf: (source) => shownEvents(clickhouse, tableName(source), 'n'),
    async winners() {
      const entityOf = entitiesByKey();
      const found = new Map<string, ReadonlyMap<number, ShownWinner>>();
      for (const { name, entity } of views) {
        const rows = Object.entries(await redis.hgetall(onlineKey(name)));
        found.set(
          name,
          new Map(
            rows.map(([key, row]) => [
              entityOf.get(`${entity}/${key}`) ?? -1,
              winnerSchema.parse(JSON.parse(row)),
            ]),
          ),
        );
      }
      return found;
    },
  };
  return { value, stop: async () => redis.disconnect() };
}
