import type { SimulatedRedis } from './simulated-redis.ts';
import { numberAt } from './values.ts';

/** Does what the script of positions does. */
export function readPositions(redis: SimulatedRedis, keys: readonly string[], field: string): unknown {
  return keys.map((key) => redis.get(key, field) ?? '0');
}

/** Does what the script of checkpoints does. */
export function raisePositions(
  redis: SimulatedRedis,
  keys: readonly string[],
  args: readonly string[],
): number {
  const count = Number(args[0]);
  const hasApplied = args[1] === '1';
  const targets = Array.from({ length: count }, (_, index) => ({
    field: args[2 + 2 * index] ?? '',
    next: args[3 + 2 * index] ?? '',
  }));
  const [applied = '', ...others] = keys;
  if (hasApplied) {
    const lost = targets.findIndex(({ field, next }) => numberAt(redis, applied, field) < Number(next));
    if (lost !== -1) return lost + 1;
  }
  const raised: (readonly [string, string, string])[] = [];
  let seen = 2 + 2 * count;
  for (const key of hasApplied ? others : keys) {
    for (const [index, { field, next }] of targets.entries()) {
      const at = numberAt(redis, key, field);
      if (at < Number(args[seen++])) return index + 1;
      if (at < Number(next)) raised.push([key, field, next]);
    }
  }
  for (const [key, field, next] of raised) redis.set(key, field, next);
  return 0;
}

/** Does what the script of what is applied does. */
export function raiseApplied(
  redis: SimulatedRedis,
  [key = '', ...buckets]: readonly string[],
  [field = '', seen = '', next = '']: readonly string[],
): number {
  const stored = numberAt(redis, key, field);
  if (stored < Number(seen)) return 1;
  if (buckets.some((positions) => numberAt(redis, positions, field) < Number(next))) return 1;
  if (stored < Number(next)) redis.set(key, field, next);
  return 0;
}
