import { SECOND } from '@millrace/kernel';
import { describe, expect, it } from 'vitest';
import { planGenerations } from './plan.ts';
import type { Generation } from './port.ts';

const GRACE_MS = 30_000;
const NOW = 1_000_000n * SECOND;

const generation = (
  number: number,
  state: Generation['state'],
  { topic = 'a', ago = 0n, rebuild = 'r' } = {},
): Generation => ({ topic, number, state, rebuild, until: null, since: NOW - ago * SECOND });

function planned(generations: readonly Generation[], topics: readonly string[] = ['a']) {
  const { live, consume, drop, rebuilds } = planGenerations(topics, generations, NOW, GRACE_MS);
  const names = (of: readonly { readonly topic: string; readonly number: number }[]) =>
    of.map(({ topic, number }) => `${topic}${number}`).sort();
  return { live: names(live), consume: names(consume), drop: names(drop), rebuilds: [...rebuilds.keys()] };
}

describe('of a store that says', () => {
  it('nothing, generation 1 of each topic is consumed', () => {
    expect(planned([], ['a', 'b'])).toEqual({
      live: ['a1', 'b1'],
      consume: ['a1', 'b1'],
      drop: [],
      rebuilds: [],
    });
  });

  it('that a topic is being rebuilt, both generations are consumed', () => {
    const plan = planned([generation(1, 'live'), generation(2, 'building')], ['a', 'b']);
    expect(plan).toEqual({ live: ['a1', 'b1'], consume: ['a1', 'a2', 'b1'], drop: [], rebuilds: ['r'] });
  });

  it.each([
    [29n, ['a1', 'a2'], []],
    [31n, ['a2'], []],
    [59n, ['a2'], []],
    [60n, ['a2'], ['a1']],
  ])(
    'that a generation was live until %i s ago, it is fed, then left, then dropped',
    (ago, consume, drop) => {
      const plan = planned([generation(1, 'retired', { ago }), generation(2, 'live')]);
      expect(plan).toMatchObject({ live: ['a2'], consume, drop });
    },
  );

  it.each([
    [0n, []],
    [30n, ['a2']],
  ])('that a generation was given up %i s ago, it is not fed, and dropped', (ago, drop) => {
    const plan = planned([generation(1, 'live'), generation(2, 'retired', { ago })]);
    expect(plan).toMatchObject({ live: ['a1'], consume: ['a1'], drop });
  });

  it('something of a topic that is not projected here, nothing is done with it', () => {
    const plan = planned([generation(1, 'live', { topic: 'z' }), generation(2, 'building', { topic: 'z' })]);
    expect(plan).toEqual({ live: ['a1'], consume: ['a1'], drop: [], rebuilds: [] });
  });

  it('that a generation retired later than now, by a clock that is ahead, it is fed', () => {
    const plan = planned([generation(1, 'retired', { ago: -5n }), generation(2, 'live')]);
    expect(plan.consume).toEqual(['a1', 'a2']);
  });
});
