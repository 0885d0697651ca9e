import { expect, test } from 'vitest';
import { MillraceError } from './errors.ts';
import { Abandoned, retrying } from './retrying.ts';
import type { Timers } from './timers.ts';

/** Timers that do not wait, and the pauses that they were asked for. */
function impatient(): { readonly timers: Timers; readonly pauses: number[] } {
  const pauses: number[] = [];
  const after = (ms: number, run: () => void) => {
    pauses.push(ms);
    queueMicrotask(run);
    return () => undefined;
  };
  return { pauses, timers: { after, every: () => () => undefined } };
}

const away = () => new MillraceError('STORE_UNAVAILABLE', 'away');

test('an error that may pass is tried again, at longer and longer intervals up to five seconds', async () => {
  const { timers, pauses } = impatient();
  const outcome = retrying(
    async (tried) => {
      if (tried < 8) throw away();
      return tried;
    },
    { timers },
  );
  await expect(outcome).resolves.toBe(8);
  expect(pauses).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
});

test('an error that cannot pass is thrown at once', async () => {
  const { timers, pauses } = impatient();
  for (const error of [new MillraceError('INTERNAL', 'a mistake'), new TypeError('another one')]) {
    await expect(retrying(() => Promise.reject(error), { timers })).rejects.toBe(error);
  }
  expect(pauses).toEqual([]);
});

test('what nobody wants any more is not tried', async () => {
  const { timers } = impatient();
  let tries = 0;
  const outcome = retrying(
    async () => {
      tries += 1;
      throw away();
    },
    { abandoned: () => tries === 3, timers },
  );
  await expect(outcome).rejects.toThrow(Abandoned);
  await expect(outcome).rejects.toThrow('given up: away');
  expect(tries).toBe(3);
});
