import type { MakeWorld, WorldParts } from '../core/world.ts';
import type { OfflineProjectedStore } from '../offline/simulated-offline-store.ts';
import { offlineWorld } from '../offline/world.ts';
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

function offline(
  name: string,
  distort: (store: OfflineProjectedStore) => Partial<OfflineProjectedStore>,
): Mutant {
  return {
    name: `offline: ${name}`,
    world: (parts) => offlineWorld(parts, (store) => ({ ...store, ...distort(store) })),
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
    name: 'offline: goes on from the largest stored offset',
    world: (parts) =>
      offlineWorld(parts, (store, server) => ({
        ...store,
        async resumeFrom(topic, epoch, partition, generation) {
          await store.resumeFrom(topic, epoch, partition, generation);
          return server.largest(topic, partition, generation);
        },
      })),
  },
  {
    name: 'offline: goes on from the committed offsets',
    world: (parts) =>
      offlineWorld(parts, (store) => ({
        ...store,
        async resumeFrom(topic, epoch, partition, generation) {
          await store.resumeFrom(topic, epoch, partition, generation);
          return parts.cluster.committed(`offline-projector.${topic}`, partition);
        },
      })),
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
