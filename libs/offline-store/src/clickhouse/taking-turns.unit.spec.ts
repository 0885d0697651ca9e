import { ClickHouseError } from '@clickhouse/client';
import type { Timers } from '@millrace/kernel';
import { expect, test } from 'vitest';
import { takingTurns } from './taking-turns.ts';

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

const refused = (code: string, type: string) => new ClickHouseError({ message: type, code, type });

test.each([
  ['an insert', refused('286', 'UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE')],
  ['a change of a table', refused('517', 'CANNOT_ASSIGN_ALTER')],
])('%s is sent again while another one has the turn', async (_what, error) => {
  const { timers, pauses } = impatient();
  let tries = 0;
  const outcome = takingTurns(async () => {
    tries += 1;
    if (tries < 8) throw error;
    return tries;
  }, timers);
  await expect(outcome).resolves.toBe(8);
  expect(pauses).toHaveLength(7);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(500);
});

test('after half a minute the answer is passed on, and any other one at once', async () => {
  const { timers, pauses } = impatient();
  const busy = refused('286', 'UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE');
  await expect(takingTurns(() => Promise.reject(busy), timers)).rejects.toBe(busy);
  expect(pauses.reduce((sum, each) => sum + each, 0)).toBeGreaterThanOrEqual(30_000);

  const told = pauses.length;
  const full = refused('252', 'TOO_MANY_PARTS');
  await expect(takingTurns(() => Promise.reject(full), timers)).rejects.toBe(full);
  expect(pauses).toHaveLength(told);
});
