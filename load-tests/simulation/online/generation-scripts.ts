import type { SimulatedRedis } from './simulated-redis.ts';
import { numberAt } from './values.ts';

/** Does what the script that asks for generations does. */
export function requestGenerations(redis: SimulatedRedis, key: string, args: readonly string[]): unknown {
  const [rebuild = '', now = ''] = args;
  const out: string[] = [];
  for (let at = 2; at < args.length; ) {
    const topic = args[at] ?? '';
    const goal = args[at + 1] ?? '';
    const found = args.slice(at + 3, at + 3 + Number(args[at + 2]));
    at += 3 + found.length;
    let last = numberAt(redis, key, topic);
    if (last === 0) {
      last = 1;
      redis.set(key, `${topic}#1`, 'live|0||null');
    }
    for (const number of found) {
      const field = `${topic}#${number}`;
      if (redis.get(key, field) === undefined) redis.set(key, field, `retired|${now}||null`);
      last = Math.max(last, Number(number));
    }
    let building = buildingOf(redis, key, topic, last);
    if (building === undefined) {
      last += 1;
      building = `${topic}#${last}`;
      redis.set(key, building, `building|${now}|${rebuild}|${goal}`);
    }
    redis.set(key, topic, String(last));
    out.push(building, String(redis.get(key, building)));
  }
  return out;
}

function buildingOf(redis: SimulatedRedis, key: string, topic: string, last: number): string | undefined {
  const fields = Array.from({ length: last }, (_, index) => `${topic}#${index + 1}`);
  return fields.findLast((field) => String(redis.get(key, field) ?? '').startsWith('building|'));
}

/** Does what the script that makes generations live, or retires them, does. */
export function settleGenerations(
  redis: SimulatedRedis,
  key: string,
  [now = '', state = '', ...named]: readonly string[],
): number {
  const set = (field: string, from: string, to: string): boolean => {
    const [was, , ...rest] = String(redis.get(key, field) ?? '').split('|');
    if (was !== from) return false;
    redis.set(key, field, [to, now, ...rest].join('|'));
    return true;
  };
  for (let at = 0; at < named.length; at += 2) {
    const topic = named[at] ?? '';
    const number = Number(named[at + 1]);
    if (!set(`${topic}#${number}`, 'building', state) || state !== 'live') continue;
    for (let other = 1; other <= numberAt(redis, key, topic); other++) {
      if (other !== number) set(`${topic}#${other}`, 'live', 'retired');
    }
  }
  return 0;
}
