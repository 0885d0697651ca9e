import { describe, expect, test } from 'vitest';
import { ByteBudget } from './byte-budget.ts';

describe('ByteBudget', () => {
  const make = (limit: number) => {
    const seen: number[] = [];
    return { budget: new ByteBudget(limit, (taken) => void seen.push(taken)), taken: () => seen.at(-1) };
  };

  test('refuses what does not fit beside the others, until they are done', () => {
    const { budget, taken } = make(100);
    const first = budget.reserve(60);
    const second = budget.reserve(30);
    expect(() => second.grow(20)).toThrow(expect.objectContaining({ code: 'OVERLOADED', retry: true }));
    expect(taken()).toBe(90);
    first.release();
    second.grow(70);
    expect(taken()).toBe(100);
    second.release();
    expect(taken()).toBe(0);
  });

  test('a body larger than the whole budget gets its turn alone', () => {
    const { budget } = make(100);
    const large = budget.reserve(500);
    expect(() => budget.reserve(1)).toThrow(/under way/);
    large.release();
    budget.reserve(1);
  });

  test('never gives back more than was taken', () => {
    const { budget, taken } = make(100);
    const one = budget.reserve(10);
    one.shrink(50);
    one.release();
    one.release();
    expect(taken()).toBe(0);
  });
});
