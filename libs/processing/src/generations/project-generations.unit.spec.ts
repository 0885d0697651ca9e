import type { ConsumeOptions } from '@millrace/event-log';
import { type ErrorCode, MillraceError, systemClock, type Timers } from '@millrace/kernel';
import { Registry } from 'prom-client';
import { expect, it, vi } from 'vitest';
import { projectionGauges } from './gauges.ts';
import { InMemoryGenerations } from './in-memory.ts';
import { projectGenerations } from './project-generations.ts';

const topic = 'features.any';

/** A runner over a log that has nothing, whose looks happen when the test says so. */
async function given({ graceMs = 1_000_000, listFails = 0 } = {}) {
  const generations = new InMemoryGenerations(systemClock, {
    applied: () => new Map(),
    delete: () => undefined,
  });
  let fails = listFails;
  const list = vi.spyOn(generations, 'list');
  list.mockImplementation(async () => {
    if (fails > 0) {
      fails -= 1;
      throw new MillraceError('STORE_UNAVAILABLE', 'the store is away');
    }
    return InMemoryGenerations.prototype.list.call(generations);
  });
  const consumed = new Map<string, ConsumeOptions>();
  const due: (() => void)[] = [];
  const timers: Timers = {
    after(_ms, run) {
      due.push(run);
      return () => void due.splice(due.indexOf(run) >>> 0, 1);
    },
    every: () => () => undefined,
  };
  const told: { failures: unknown[]; troubles: unknown[] } = { failures: [], troubles: [] };
  const setBack: string[] = [];
  const views = [{ topic }];
  const listeners = new Set<() => void>();
  const projector = await projectGenerations({
    service: 'test',
    log: {
      async consume(options) {
        consumed.set(options.groupId, options);
        return { value: undefined, stop: async () => void consumed.delete(options.groupId) };
      },
      follow: () => Promise.reject(new Error('nothing is followed')),
      // One record, so that nothing that is being built is ever ready.
      spans: async () => [{ partition: 0, first: 0n, next: 1n }],
      committed: async () => new Map(),
    },
    definitions: {
      catalog: { views: () => views },
      onChange(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    generations,
    gauges: projectionGauges('test', new Registry()),
    graceMs,
    resumeFrom: async () => 0n,
    apply: async () => undefined,
    onSetBack: (topics) => setBack.push(...topics),
    onTrouble: (error) => told.troubles.push(error),
    onFailure: (error) => told.failures.push(error),
    timers,
  });
  return {
    generations,
    consumed,
    told,
    setBack,
    list,
    projector,
    register(name: string) {
      views.push({ topic: name });
      for (const listener of listeners) listener();
    },
    look() {
      for (const run of due.splice(0)) run();
    },
    fail(group: string, code: ErrorCode) {
      consumed.get(group)?.onFailure(new MillraceError(code, 'it happened'));
    },
  };
}

it('consumes a view that is registered later at once', async () => {
  const { consumed, register } = await given();
  register('features.later');
  await expect.poll(() => [...consumed.keys()]).toEqual(['test.features.any', 'test.features.later']);
});

it('looks once more, however many definitions changed during a look', async () => {
  const { generations, consumed, list, register } = await given();
  const before = list.mock.calls.length;
  const away = Promise.withResolvers<void>();
  list.mockImplementationOnce(async () => {
    await away.promise;
    return InMemoryGenerations.prototype.list.call(generations);
  });
  const names = Array.from({ length: 500 }, (_, index) => `features.v${index}`);
  for (const name of names) register(name);
  await expect.poll(() => list.mock.calls.length).toBe(before + 1);
  for (const name of names) register(`${name}b`);
  away.resolve();
  await expect.poll(() => consumed.size).toBe(1 + 2 * names.length);
  expect(list.mock.calls.length).toBe(before + 2);
});

it('looks again after the store was away', async () => {
  const { consumed, told, look } = await given({ listFails: 2 });
  expect([consumed.size, told]).toEqual([
    0,
    { failures: [], troubles: [expect.objectContaining({ code: 'STORE_UNAVAILABLE' })] },
  ]);
  await expect
    .poll(() => {
      look();
      return [...consumed.keys()];
    })
    .toEqual(['test.features.any']);
  expect(told.failures).toEqual([]);
});

it('ends with the failure of a consumer that is wanted', async () => {
  const { told, fail } = await given();
  fail('test.features.any', 'LOG_TRUNCATED');
  await expect.poll(() => told.failures).toMatchObject([{ code: 'LOG_TRUNCATED' }]);
});

it('goes on without the consumer of a generation that is not wanted any more', async () => {
  const { generations, consumed, told, fail, look } = await given({ graceMs: 0 });
  const [asked] = await generations.request([{ topic, until: null }]);
  await expect
    .poll(() => {
      look();
      return [...consumed.keys()];
    })
    .toContain('test.features.any.g2');
  if (asked !== undefined) await generations.giveUp([asked]);
  fail('test.features.any.g2', 'INTERNAL');
  await expect.poll(() => told.troubles).toMatchObject([{ code: 'INTERNAL' }]);
  expect(told.failures).toEqual([]);
});

it('goes on building when the log was set back behind the live generation', async () => {
  const { generations, told, fail } = await given();
  await generations.request([{ topic, until: null }]);
  fail('test.features.any', 'LOG_TRUNCATED');
  await expect.poll(() => told.troubles).toMatchObject([{ code: 'LOG_TRUNCATED' }]);
  fail('test.features.any', 'INTERNAL');
  await expect.poll(() => told.failures).toMatchObject([{ code: 'INTERNAL' }]);
});

it('says when the store has forgotten the generation that was live', async () => {
  const { generations, consumed, setBack, list, look } = await given();
  const [asked] = await generations.request([{ topic, until: null }]);
  if (asked !== undefined) await generations.goLive([asked]);
  await expect
    .poll(() => {
      look();
      return [...consumed.keys()];
    })
    .toContain('test.features.any.g2');
  expect(setBack).toEqual([]);
  list.mockResolvedValue([]);
  await expect
    .poll(() => {
      look();
      return [...consumed.keys()];
    })
    .toEqual(['test.features.any']);
  expect(setBack).toEqual([topic]);
});
