import { expect, test } from 'vitest';
import { planFaults } from './faults/plan.ts';
import { points } from './proxy/traps.ts';
import { chanceOf } from './random.ts';

test('the same seed gives the same numbers, another one gives others', () => {
  const take = (seed: number) => {
    const chance = chanceOf(seed);
    return Array.from({ length: 5 }, () => chance.next());
  };
  expect(take(3)).toEqual(take(3));
  expect(take(3)).not.toEqual(take(4));
});

test('a fork does not depend on what was taken before', () => {
  const fresh = chanceOf(9);
  const used = chanceOf(9);
  used.next();
  expect(used.fork('a').next()).toBe(fresh.fork('a').next());
  expect(fresh.fork('a').next()).not.toBe(fresh.fork('b').next());
});

test('numbers spread over their range', () => {
  const chance = chanceOf(1);
  const counts = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 10_000; i++) counts[chance.below(10)] = (counts[chance.below(10)] ?? 0) + 1;
  expect(Math.max(...counts)).toBeLessThan(2_000);
  expect(new Set(chance.shuffle([1, 2, 3, 4])).size).toBe(4);
});

test('the same seed gives the same plan, with as many kills as were asked for and every point', () => {
  const plan = () => planFaults({ kills: 40, hurts: 6, chance: chanceOf(5) });
  expect(plan()).toEqual(plan());
  const all = Object.values(plan()).flat();
  expect(all.filter(({ kills }) => kills)).toHaveLength(40);
  expect(new Set(all.flatMap(({ point }) => point ?? [])).size).toBe(points.length);
});
