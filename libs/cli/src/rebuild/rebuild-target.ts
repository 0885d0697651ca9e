import type { EventLog } from '@millrace/event-log';
import { eventTables, clickHouseGenerations } from '@millrace/offline-store';
import { startTogether, type Running } from '@millrace/kernel';
import type { Generations } from '@millrace/processing';
import { clickHouseOf, kafkaOf, onlineStoreOf, type StoresConfig } from '../io/stores.ts';

/** The stores that can be rebuilt. */
export const storeNames = ['online', 'offline'] as const;

/** One of {@link storeNames}. */
export type StoreName = (typeof storeNames)[number];

/** What a rebuild works with: the log, and the generations of a store. */
export interface RebuildTarget {
  readonly store: StoreName;
  readonly log: EventLog;
  readonly generations: Generations;
  /** The topics that it takes beside those of the feature views. */
  readonly otherTopics: readonly string[];
}

/**
 * Connects to the log and to a store.
 *
 * @throws MillraceError LOG_UNAVAILABLE, STORE_UNAVAILABLE
 */
export function openRebuildTarget(store: StoreName, config: StoresConfig): Promise<Running<RebuildTarget>> {
  return startTogether(async (starter) => {
    const generations = await starter.start(() => generationsOf(store, config));
    const log = await starter.start(() => kafkaOf(config));
    const otherTopics = store === 'offline' ? Object.values(eventTables).map(({ topic }) => topic) : [];
    return { store, log, generations, otherTopics };
  });
}

/** Connects to the generations of a store. @throws MillraceError STORE_UNAVAILABLE */
export async function generationsOf(store: StoreName, config: StoresConfig): Promise<Running<Generations>> {
  if (store === 'online') {
    const online = await onlineStoreOf(config);
    return { value: online.value.generations, stop: () => online.stop() };
  }
  const client = await clickHouseOf(config);
  return {
    value: clickHouseGenerations(client.value, { cluster: config.clickhouseCluster }),
    stop: () => client.stop(),
  };
}
