import { expect, it } from 'vitest';
import { oneAtATime } from './one-at-a-time.ts';

/** Work that ends when it is told to, and knows how often it began. */
function given() {
  const begun: PromiseWithResolvers<void>[] = [];
  const ask = oneAtATime(() => {
    const one = Promise.withResolvers<void>();
    begun.push(one);
    return one.promise;
  });
  return { ask, begun };
}

it('shares what waits, however often it is asked for, and begins it when the one before has ended', async () => {
  const { ask, begun } = given();
  const first = ask();
  await expect.poll(() => begun.length).toBe(1);
  const others = Array.from({ length: 1_000 }, ask);
  expect(new Set(others).size).toBe(1);
  begun[0]?.resolve();
  await first;
  await expect.poll(() => begun.length).toBe(2);
  begun[1]?.resolve();
  await Promise.all(others);
  expect(begun.length).toBe(2);
});

it('goes on after a failure, which only those are told who asked for that', async () => {
  const { ask, begun } = given();
  const first = ask();
  await expect.poll(() => begun.length).toBe(1);
  const second = ask();
  begun[0]?.reject(new Error('away'));
  await expect(first).rejects.toThrow('away');
  await expect.poll(() => begun.length).toBe(2);
  begun[1]?.resolve();
  await second;
});
