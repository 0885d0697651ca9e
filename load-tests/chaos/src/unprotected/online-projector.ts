import { Redis } from 'ioredis';
import { consumeUnprotected } from './consume.ts';
import { onlineKey } from './names.ts';

/** The control's online projector: it writes whatever comes over whatever is there. */
const redis = new Redis(process.env['MILLRACE_REDIS_URL'] ?? '');
redis.on('error', () => undefined);
const port = Number(process.env['MILLRACE_ONLINE_PROJECTOR_PORT']);

await consumeUnprotected('online-projector', port, async (events) => {
  const pipeline = redis.pipeline();
  for (const { source, key, eventTime, eventId } of events) {
    if (key !== '') pipeline.hset(onlineKey(source), key, JSON.stringify({ eventTime, eventId }));
  }
  await pipeline.exec();
});
