import { setTimeout as pause } from 'node:timers/promises';

/** How long nothing may move before waiting is given up, in milliseconds. */
const PATIENCE = 30_000;
const BETWEEN_LOOKS = 200;

/**
 * Looks again and again until something is as far as it should be. It waits as long as it moves: only when it
 * stands still for half a minute does it give up.
 *
 * @param look tells how far it is.
 * @returns whether it got there.
 */
export async function waitFor(
  look: () => Promise<number>,
  goal: number,
  onProgress: (value: number) => void = () => undefined,
): Promise<boolean> {
  let furthest = Number.NEGATIVE_INFINITY;
  let moved = performance.now();
  while (true) {
    const value = await look();
    onProgress(value);
    if (value >= goal) return true;
    if (value > furthest) {
      furthest = value;
      moved = performance.now();
    }
    if (performance.now() - moved > PATIENCE) return false;
    await pause(BETWEEN_LOOKS);
  }
}
