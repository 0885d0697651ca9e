import { type RedisCommands, sendForBuffers } from './redis-client.ts';
import { buffer, list } from './replies.ts';

/** Entities in one step; a script over them takes well under a millisecond. */
const STEP = 128;

/**
 * The entities of a bucket, some at a time, each `entity:key`. Every entity that is there all the while comes at
 * least once.
 *
 * @param key of the set of the bucket's entities.
 */
export async function* entitiesOf(client: RedisCommands, key: string): AsyncIterable<readonly Buffer[]> {
  let cursor = '0';
  do {
    const [next, members] = list(await sendForBuffers(client, 'sscan', [key, cursor, 'COUNT', STEP]));
    cursor = buffer(next).toString();
    const entities = list(members).map(buffer);
    for (let from = 0; from < entities.length; from += STEP) yield entities.slice(from, from + STEP);
  } while (cursor !== '0');
}

/** Calls something for each of so many buckets, some at once. */
export async function eachBucket(
  count: number,
  atOnce: number,
  work: (bucket: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
