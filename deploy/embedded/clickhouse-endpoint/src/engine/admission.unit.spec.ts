import { describe, expect, it } from 'vitest';
import { createAdmission } from './admission.ts';

const never = new AbortController().signal;

describe('createAdmission', () => {
  it('lets the next one in, in order, when a place is given back', async () => {
    const admission = createAdmission(1);
    const order: string[] = [];
    const leave = await admission.enter(never);
    const second = admission.enter(never).then((leaveSecond) => {
      order.push('second');
      leaveSecond();
    });
    const third = admission.enter(never).then((leaveThird) => {
      order.push('third');
      leaveThird();
    });
    expect(order).toEqual([]);
    leave();
    leave();
    await Promise.all([second, third, admission.whenIdle()]);
    expect(order).toEqual(['second', 'third']);
  });

  it('forgets one who goes away while waiting', async () => {
    const admission = createAdmission(1);
    const leave = await admission.enter(never);
    const abort = new AbortController();
    const waiting = admission.enter(abort.signal);
    abort.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    leave();
    await admission.whenIdle();
    await expect(admission.enter(never)).resolves.toBeTypeOf('function');
  });
});
