import { expect, it } from 'vitest';
import { runSeed, worlds } from './run-seed.ts';
import { shrink } from './shrink.ts';
import { heedless, mutants } from './testing/mutants.ts';

const MOST_FOR_A_MUTANT = 2_000;
/** The machine may be busy. */
const PATIENCE_MS = 300_000;

/** A history of the online world takes longer. */
const seedsOf: Readonly<Record<string, number>> = { online: 500, offline: 1_500 };

it.each(Object.entries(worlds))(
  'every promise holds in many histories of the %s world',
  async (name, makeWorld) => {
    for (let seed = 1; seed <= (seedsOf[name] ?? 0); seed++) {
      const { violation } = await runSeed(seed, makeWorld);
      expect(violation?.message, `seed ${seed}`).toBeUndefined();
    }
  },
  PATIENCE_MS,
);

it.each(mutants)(
  `finds the mistake: $name`,
  async ({ world }) => {
    let found: string | undefined;
    for (let seed = 1; seed <= MOST_FOR_A_MUTANT && found === undefined; seed++) {
      found = (await runSeed(seed, world)).violation?.message;
    }
    expect(found).toBeDefined();
  },
  PATIENCE_MS,
);

it.each(Object.entries(heedless))(
  'no promise of the %s world rests on asking whose a batch is',
  async (_name, makeWorld) => {
    for (let seed = 1; seed <= 150; seed++) {
      const { violation } = await runSeed(seed, makeWorld);
      expect(violation?.message, `seed ${seed}`).toBeUndefined();
    }
  },
  PATIENCE_MS,
);

it.each(Object.entries(worlds))(
  'the same seed gives the same history in the %s world',
  async (_name, makeWorld) => {
    for (let seed = 1; seed <= 5; seed++) {
      const once = await runSeed(seed, makeWorld, { keepLines: true });
      const again = await runSeed(seed, makeWorld, { keepLines: true });
      expect(once.lines.length).toBeGreaterThan(20);
      expect(again.lines).toEqual(once.lines);
    }
  },
);

it('shortens the history of a broken promise', async () => {
  const world = mutants[0]?.world;
  if (world === undefined) throw new Error('there are no mutants');
  for (let seed = 1; ; seed++) {
    const { violation, lines } = await runSeed(seed, world, { keepLines: true });
    if (violation === undefined) continue;
    const limits = await shrink(seed, world, violation.promise);
    const short = await runSeed(seed, world, { keepLines: true, limits });
    expect(short.violation?.promise).toBe(violation.promise);
    expect(short.lines.length).toBeLessThanOrEqual(lines.length);
    return;
  }
});
