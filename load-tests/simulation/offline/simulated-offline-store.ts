import { MillraceError } from '@millrace/kernel';
import type { ProjectionParts } from '@millrace/offline-projector/projection';
import type { Process } from '../core/process.ts';
import { Answer, type Scheduler } from '../core/scheduler.ts';
import { type SimulatedClickHouse, tableOf } from './simulated-clickhouse.ts';
import { type Ask, simulatedGenerations, simulatedNames } from './simulated-generations.ts';

/** The store as projecting sees it. */
export type OfflineProjectedStore = ProjectionParts['store'];

/** Statements of one process. */
export function statementsOf(scheduler: Scheduler, process: Process): Ask {
  return (action, perform) => scheduler.call(process, { action, perform, failure: storeUnavailable });
}

/** The offline store as one process sees it. */
export function simulatedOfflineStore(
  server: SimulatedClickHouse,
  scheduler: Scheduler,
  process: Process,
): OfflineProjectedStore {
  const call = statementsOf(scheduler, process);
  const names = simulatedNames(server, call);
  return {
    generations: simulatedGenerations(server, scheduler.clock, call, names),
    ensureView: async ({ topic }, generation) => {
      const table = tableOf(topic, generation);
      await call(`whether ${table} may be`, () => {
        const known = server.generations.get(topic);
        const exists = known?.generations.some(({ number }) => number === generation) ?? generation === 1;
        if (!exists) throw new Answer(new MillraceError('INTERNAL', `there is no ${table}`));
      });
      await call(`make ${table}`, () => server.createTable(table));
      await names.settle(topic);
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

function storeUnavailable(): Error {
  return new MillraceError('STORE_UNAVAILABLE', 'ClickHouse does not answer');
}
