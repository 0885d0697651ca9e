import type { Generations } from '@millrace/processing';
import type { MakeWorld, WorldParts } from '../core/world.ts';
import { wasCollected } from '@millrace/verification';
import type { SimulatedClickHouse } from '../offline/simulated-clickhouse.ts';
import type { ReadServer } from '../offline/snapshot-reader.ts';
import type { OfflineProjectedStore } from '../offline/simulated-offline-store.ts';
import { offlineWorld } from '../offline/world.ts';
import { holdingTimes } from '../online/reader-times.ts';
import { type OnlineProjectedStore, onlineWorld } from '../online/world.ts';
import { comparePositions, compareTimes, type PutRow } from '../online/write-script.ts';

/** A mistake that the simulation has to find. */
export interface Mutant {
  readonly name: string;
  readonly world: MakeWorld;
}

const quietly = () => undefined;

const overwrite: PutRow = (redis, { key, view }, _old, row) => {
  redis.set(key, view, row);
  return true;
};

/** The greatest position wins a tie, whichever event it is of: a copy of an older write comes back. */
const forgetCopies: PutRow = (redis, { key, view }, old, row) => {
  if ((compareTimes(row, old) || comparePositions(row, old)) <= 0) return false;
  redis.set(key, view, row);
  return true;
};

function online(
  name: string,
  distort: (store: OnlineProjectedStore) => Partial<OnlineProjectedStore>,
): Mutant {
  return {
    name: `online: ${name}`,
    world: (parts) => onlineWorld(parts, { distort: (store) => ({ ...store, ...distort(store) }) }),
  };
}

function onlineGenerations(
  name: string,
  distort: (generations: Generations) => Partial<Generations>,
): Mutant {
  return online(name, ({ generations }) => ({
    generations: { ...methodsOf(generations), ...distort(generations) },
  }));
}

/** As a plain object, so that some can be replaced. */
function readsOf(server: SimulatedClickHouse): ReadServer {
  return {
    live: (topic) => server.live(topic),
    applied: (topic, generation) => server.applied(topic, generation),
    hasTable: (table) => server.hasTable(table),
    rows: (table) => server.rows(table),
  };
}

/** As a plain object, so that some can be replaced. */
function methodsOf(generations: Generations): Generations {
  return {
    list: () => generations.list(),
    request: (topics) => generations.request(topics),
    goLive: (named) => generations.goLive(named),
    giveUp: (named) => generations.giveUp(named),
    drop: (named) => generations.drop(named),
    applied: (named) => generations.applied(named),
  };
}

function offline(
  name: string,
  distort: (store: OfflineProjectedStore) => Partial<OfflineProjectedStore>,
): Mutant {
  return {
    name: `offline: ${name}`,
    world: (parts) => offlineWorld(parts, { distort: (store) => ({ ...store, ...distort(store) }) }),
  };
}

/** Mistakes that somebody could make in the projectors or their stores. */
export const mutants: readonly Mutant[] = [
  {
    name: 'online: rows are written without comparing',
    world: (parts) => onlineWorld(parts, { put: overwrite }),
  },
  {
    name: 'online: copies of an event win ties',
    world: (parts) => onlineWorld(parts, { put: forgetCopies }),
  },
  online('positions are raised before the rows', (store) => ({
    async write(rows, end) {
      await store.write([], end);
      return store.write(rows, end);
    },
  })),
  online('a batch counts as applied before it is written', (store) => ({
    write(rows, end) {
      store.write(rows, end).catch(quietly);
      return Promise.resolve({ changed: 0 });
    },
  })),
  online('a loss is not noticed', (store) => ({
    write: (rows, end) => store.write(rows, end).catch(() => ({ changed: 0 })),
    checkpoint: () => store.checkpoint().catch(quietly),
  })),
  {
    name: 'online: goes on from the committed offsets',
    world: (parts) =>
      onlineWorld(parts, {
        distort: (store) => ({
          ...store,
          async resumeFrom(from) {
            await store.resumeFrom(from);
            return parts.cluster.committed(`online-projector.${from.topic}`, from.partition);
          },
        }),
      }),
  },
  {
    name: 'online: a generation is dropped without a grace',
    world: (parts) =>
      onlineWorld(parts, { graceMs: 0, holds: { ...holdingTimes, lease: 3_000, answer: 6_000 } }),
  },
  {
    name: 'online: readers hold on to a generation for longer than it is kept',
    world: (parts) =>
      onlineWorld(parts, {
        holds: { ...holdingTimes, refresh: 60_000, lease: 60_000, answer: 60_000 },
      }),
  },
  {
    name: 'online: readers use an answer however old it is',
    world: (parts) =>
      onlineWorld(parts, { graceMs: 1_600, holds: { ...holdingTimes, answer: Number.POSITIVE_INFINITY } }),
  },
  {
    name: 'online: rows are collected by their event time alone',
    world: (parts) => onlineWorld(parts, { horizon: -3_600_000_000n }),
  },
  {
    name: 'online: rows are collected before the horizon for late events',
    world: (parts) => onlineWorld(parts, { horizon: 0n }),
  },
  {
    name: 'online: rows are collected by the time of their recording alone',
    world: (parts) =>
      onlineWorld(parts, {
        isOver: (row, { recorded }) => Buffer.compare(row.subarray(33, 41), recorded) < 0,
      }),
  },
  {
    name: 'online: the verification takes a copy of what was collected for a loss',
    world: (parts) =>
      onlineWorld(parts, {
        knows: (onlineRow, offlineRow, ttl, time) =>
          onlineRow?.eventTime !== offlineRow?.eventTime && wasCollected(onlineRow, offlineRow, ttl, time),
      }),
  },
  onlineGenerations('a rebuild goes live before it has caught up', (generations) => ({
    applied: ({ topic }) => generations.applied({ topic, number: 1 }),
  })),
  onlineGenerations('the topics of a rebuild go live one after the other', (generations) => ({
    goLive: (named) => generations.goLive(named.slice(0, 1)),
  })),
  {
    name: 'offline: goes on from the largest stored offset',
    world: (parts) =>
      offlineWorld(parts, {
        distort: (store, server) => ({
          ...store,
          async resumeFrom(topic, epoch, partition, generation) {
            await store.resumeFrom(topic, epoch, partition, generation);
            return server.largest(topic, partition, generation);
          },
        }),
      }),
  },
  {
    name: 'offline: goes on from the committed offsets',
    world: (parts) =>
      offlineWorld(parts, {
        distort: (store) => ({
          ...store,
          async resumeFrom(topic, epoch, partition, generation) {
            await store.resumeFrom(topic, epoch, partition, generation);
            return parts.cluster.committed(`offline-projector.${topic}`, partition);
          },
        }),
      }),
  },
  offline('ranges are recorded whether the rows are in or not', (store) => ({
    insert(block) {
      store.insert(block).catch(quietly);
      return Promise.resolve();
    },
  })),
  offline('an insert that failed counts as done', (store) => ({
    insert: (block) => store.insert(block).catch(quietly),
  })),
  offline('a rebuild goes live before it has caught up', ({ generations }) => ({
    generations: {
      ...generations,
      applied: ({ topic }) => generations.applied({ topic, number: 1 }),
    },
  })),
  {
    name: 'offline: a generation is dropped without a grace',
    world: (parts) => offlineWorld(parts, { graceMs: 0 }),
  },
  {
    name: 'offline: a table that is gone is read as an empty one',
    world: (parts) =>
      offlineWorld(parts, { misread: (server) => ({ ...readsOf(server), hasTable: () => true }) }),
  },
  {
    name: 'offline: readers take the ranges of one generation for those of another',
    world: (parts) =>
      offlineWorld(parts, {
        misread: (server) => ({
          ...readsOf(server),
          applied: (topic, generation) => {
            const other = server.applied(topic, generation + 1);
            return other.size === 0 ? server.applied(topic, generation) : other;
          },
        }),
      }),
  },
];

/** Projectors that never ask whose a batch is: not wrong, only wasteful, since whatever they do may be done twice. */
export const heedless: Readonly<Record<string, MakeWorld>> = {
  online: (parts) => onlineWorld({ ...parts, cluster: withoutOwners(parts.cluster) }),
  offline: (parts) => offlineWorld({ ...parts, cluster: withoutOwners(parts.cluster) }),
};

function withoutOwners(cluster: WorldParts['cluster']): WorldParts['cluster'] {
  return {
    log: cluster.log,
    committed: (groupId, partition) => cluster.committed(groupId, partition),
    seenBy(process) {
      const log = cluster.seenBy(process);
      return {
        ...log,
        consume: (options) =>
          log.consume({
            ...options,
            onBatch: (batch) => options.onBatch({ ...batch, isCurrent: () => true, isOver: () => false }),
          }),
      };
    },
  };
}
