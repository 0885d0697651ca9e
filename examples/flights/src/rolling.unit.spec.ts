import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RollingSum } from './rolling.ts';

const events = fc
  .array(fc.record({ time: fc.integer({ min: 0, max: 400 }), value: fc.integer({ min: -80, max: 1575 }) }), {
    maxLength: 400,
  })
  .map((list) => list.sort((a, b) => a.time - b.time));

describe('RollingSum', () => {
  it('equals a sum over everything, at every step', () => {
    fc.assert(
      fc.property(
        events,
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 1, max: 30 }),
        (list, span, every) => {
          const rolling = new RollingSum(span);
          let next = 0;
          for (let t = 0; t <= 600; t += every) {
            for (let event = list[next]; event !== undefined && event.time < t; event = list[++next]) {
              rolling.add(event.time, event.value);
            }
            const inside = list.filter(({ time }) => time >= t - span && time < t);
            const sum = inside.reduce((total, { value }) => total + value, 0);
            expect(rolling.asOf(t)).toEqual({ count: inside.length, sum });
          }
        },
      ),
    );
  });

  it('holds the first minute of its span and not the minute before', () => {
    const rolling = new RollingSum(60);
    rolling.add(0, 7);
    expect(rolling.asOf(60)).toEqual({ count: 1, sum: 7 });
    expect(rolling.asOf(61)).toEqual({ count: 0, sum: 0 });
  });

  it('refuses a value from before the last one', () => {
    const rolling = new RollingSum(60);
    rolling.add(10, 1);
    expect(() => rolling.add(9, 1)).toThrow(RangeError);
  });
});
