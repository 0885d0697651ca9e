import { pause, systemTimers } from '@millrace/kernel';
import { expect, test } from 'vitest';
import { ByteBudget } from './byte-budget.ts';

const wanted = () => true;

/** Whether something has settled by now. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  const note = () => {
    done = true;
  };
  promise.then(note, note);
  await pause(systemTimers, 1);
  return done;
}

test('what does not fit waits for its turn', async () => {
  const budget = new ByteBudget(10, systemTimers);
  const first = await budget.take(6, wanted);
  const second = budget.take(5, wanted);
  const third = budget.take(1, wanted);
  expect(await settled(third)).toBe(false);
  first();
  await Promise.all([second, third]);
  expect(budget.taken).toBe(6);
});

test('what is larger than the whole is taken alone', async () => {
  const budget = new ByteBudget(10, systemTimers);
  const release = await budget.take(50, wanted);
  const next = budget.take(1, wanted);
  expect(await settled(next)).toBe(false);
  release();
  (await next)();
  expect(budget.taken).toBe(0);
});

test('whoever does not want it any more gives way to those behind', async () => {
  const budget = new ByteBudget(10, systemTimers);
  const release = await budget.take(6, wanted);
  let isWanted = true;
  const large = budget.take(8, () => isWanted);
  const small = budget.take(2, wanted);
  const refused = large.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(await settled(small)).toBe(false);
  isWanted = false;
  expect(await refused).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await expect.poll(() => settled(small)).toBe(true);
  release();
  expect(budget.taken).toBe(2);
});
