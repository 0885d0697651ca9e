import type { MakeWorld } from './core/world.ts';
import { type Limits, type Outcome, runSeed } from './run-seed.ts';

/**
 * Looks for less of a seed that breaks the same promise: fewer events, fewer steps, no incidents, no lost answers. What
 * comes before a cut is as it was, since each of these is drawn from a source of its own.
 */
export async function shrink(seed: number, makeWorld: MakeWorld, promise: string): Promise<Limits> {
  let limits: Limits = {};
  const breaks = async (candidate: Limits) =>
    (await runSeed(seed, makeWorld, { limits: candidate })).violation?.promise === promise;

  for (const weather of [{ incidents: 0 }, { unanswered: 0 }, { refused: 0 }]) {
    const candidate = { ...limits, weather: { ...limits.weather, ...weather } };
    if (await breaks(candidate)) limits = candidate;
  }
  const events = await least(40, (count) => breaks({ ...limits, events: count }));
  if (events !== undefined) limits = { ...limits, events };
  const steps = await least(260, (count) =>
    breaks({ ...limits, weather: { ...limits.weather, steps: count } }),
  );
  if (steps !== undefined) limits = { ...limits, weather: { ...limits.weather, steps } };
  return limits;
}

/** A small number that does, by halving; not the least when it does for some in between only. */
async function least(most: number, does: (count: number) => Promise<boolean>): Promise<number | undefined> {
  let low = 0;
  let high: number | undefined;
  for (let count = most; low < count; count = Math.floor((low + (high ?? most)) / 2)) {
    if (await does(count)) high = count;
    else if (high === undefined) return undefined;
    else low = count + 1;
  }
  return high;
}

/** The shortest history that was found of a broken promise. */
export async function shortest(seed: number, makeWorld: MakeWorld, promise: string): Promise<Outcome> {
  const limits = await shrink(seed, makeWorld, promise);
  return runSeed(seed, makeWorld, { keepLines: true, limits });
}
