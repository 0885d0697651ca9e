import { describe, expect, it } from 'vitest';
import { closedLoop, inParallel, percentiles } from './measure.ts';

describe('percentiles', () => {
  it('are those of the nearest rank', () => {
    const latencies = Array.from({ length: 200 }, (_, i) => 200 - i);
    expect(percentiles(latencies)).toEqual({ p50: 100, p99: 198 });
    expect(percentiles([7])).toEqual({ p50: 7, p99: 7 });
  });

  it('refuse to speak of nothing', () => {
    expect(() => percentiles([])).toThrow(RangeError);
  });
});

it('inParallel does every piece once, and no more at once than it has workers', async () => {
  const done: number[] = [];
  let under = 0;
  let most = 0;
  await inParallel([1, 2, 3, 4, 5], 2, async (item) => {
    under += 1;
    most = Math.max(most, under);
    await new Promise((resolve) => setImmediate(resolve));
    done.push(item);
    under -= 1;
  });
  expect(done.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
  expect(most).toBe(2);
});

it('closedLoop measures what a call takes', async () => {
  const { p50, rate, calls } = await closedLoop({
    clients: 2,
    seconds: 0.3,
    warmUp: 0.05,
    call: () => new Promise((resolve) => setTimeout(resolve, 10)),
  });
  expect(p50).toBeGreaterThanOrEqual(9);
  expect(calls).toBeGreaterThan(0);
  expect(rate).toBeLessThanOrEqual((2 / 9) * 1_000);
});
