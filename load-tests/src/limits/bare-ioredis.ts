import { Redis } from 'ioredis';
import { closedLoop, inParallel } from '../measure.ts';

const PREFIX = 'limit:';

/** How many reads of so many entities a second ioredis and JSON alone give: each a hash of five rows of ten features. */
export async function readRate(
  url: string,
  entities: number,
  clients: number,
  seconds: number,
): Promise<number> {
  const redis = new Redis(url);
  const row = JSON.stringify(Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`f${i}`, i * 1.37])));
  const fields = ['a', 'b', 'c', 'd', 'e'];
  const filling = redis.pipeline();
  for (let entity = 0; entity < entities; entity++) {
    filling.hset(PREFIX + entity, Object.fromEntries(fields.map((field) => [field, row])));
  }
  await filling.exec();
  const { rate } = await closedLoop({
    clients,
    seconds,
    async call() {
      const pipeline = redis.pipeline();
      for (let entity = 0; entity < entities; entity++) pipeline.hmget(PREFIX + entity, ...fields);
      const answers = (await pipeline.exec()) ?? [];
      const parsed = answers.map(([, rows]) =>
        (Array.isArray(rows) ? rows : []).map((text): unknown => JSON.parse(String(text))),
      );
      return JSON.stringify(parsed).length;
    },
  });
  await clear(redis);
  return rate;
}

/** How many rows a second ioredis alone writes, as fields of hashes, 512 in a pipeline. */
export async function writeRate(url: string, rows: number): Promise<number> {
  const redis = new Redis(url);
  const value = Buffer.alloc(180, 'x');
  const batches = Array.from({ length: Math.ceil(rows / 512) }, (_, i) => i);
  const { seconds } = await inParallel(batches, 4, async (batch) => {
    const pipeline = redis.pipeline();
    for (let i = 0; i < 512; i++) pipeline.hset(`${PREFIX}${(batch * 512 + i) % 20_000}`, 'a', value);
    await pipeline.exec();
  });
  await clear(redis);
  return (batches.length * 512) / seconds;
}

async function clear(redis: Redis): Promise<void> {
  for await (const keys of redis.scanStream({ match: `${PREFIX}*`, count: 1_000 })) {
    if (Array.isArray(keys) && keys.length > 0) await redis.unlink(keys.map(String));
  }
  await redis.quit();
}
