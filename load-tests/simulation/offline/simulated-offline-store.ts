import { MillraceError } from '@millrace/kernel';
import type { ProjectionParts } from '@millrace/offline-projector/projection';
import type { Generations } from '@millrace/processing';
import type { Process } from '../core/process.ts';
import type { Scheduler } from '../core/scheduler.ts';
import { show } from '../core/show.ts';
import { type SimulatedClickHouse, tableOf } from './simulated-clickhouse.ts';

/** The store as projecting sees it. */
export type OfflineProjectedStore = ProjectionParts['store'];

/** The offline store as one process sees it. */
export function simulatedOfflineStore(
  server: SimulatedClickHouse,
  generations: Generations,
  scheduler: Scheduler,
  process: Process,
): OfflineProjectedStore {
  const call = <T>(action: string, perform: () => T): Promise<T> =>
    scheduler.call(process, { action, perform, failure: storeUnavailable });
  const ask = <T>(action: string, perform: () => Promise<T>): Promise<T> =>
    call(action, perform).then((answer) => answer);
  return {
    generations: {
      list: () => ask('list generations', () => generations.list()),
      request: (topics) => ask('ask for generations', () => generations.request(topics)),
      goLive: (named) => ask(`go live: ${namesOf(named)}`, () => generations.goLive(named)),
      giveUp: (named) => ask(`give up: ${namesOf(named)}`, () => generations.giveUp(named)),
      drop: (named) => ask(`drop ${namesOf([named])}`, () => generations.drop(named)),
      applied: (named) => ask(`what ${namesOf([named])} holds`, () => generations.applied(named)),
    },
    ensureView: async (view, generation) => {
      const table = tableOf(view.topic, generation);
      await call(`make ${table}`, () => server.createTable(table));
    },
    ensureTopic: () => Promise.resolve(),
    insert: async (block) => {
      await call(`insert into ${block.table}`, () => server.insert(block));
    },
    recordApplied: async (ranges) => {
      await call('record ranges', () => server.recordApplied(ranges));
    },
    resumeFrom: (topic, _epoch, partition, generation) =>
      call(`where ${topic}/${partition} goes on`, () => server.next(topic, partition, generation)),
    applied: () => Promise.reject(new Error('nobody asks for it')),
  };
}

function namesOf(named: Parameters<Generations['goLive']>[0]): string {
  return show(named.map(({ topic, number }) => `${topic}#${number}`));
}

function storeUnavailable(): Error {
  return new MillraceError('STORE_UNAVAILABLE', 'ClickHouse does not answer');
}
