import { partitionOf, newEventId, packPosition, KeyCodec } from '@millrace/events';
import { connectRedisOnlineStore } from './redis/connect.ts';
const name = 'bench' + Date.now();
const { value: store, stop } = await connectRedisOnlineStore({ url: 'redis://127.0.0.1:16390', name });
const codec = new KeyCodec({ id: 'string' });
const N = 200_000,
  entities = 100_000,
  P = 4;
const value = Buffer.alloc(180, 1);
const parts = Array.from({ length: P }, () => [] as any[]);
for (let i = 0; i < N; i++) {
  const e = (i * 7919) % entities;
  const p = partitionOf(codec.encode({ id: 'entity-' + e }), P);
  parts[p]!.push({
    entity: 'airport',
    key: codec.encode({ id: 'entity-' + e }),
    view: 'departures',
    eventTime: 1_000_000_000_000_000n + BigInt(i),
    position: packPosition({ epoch: 0, offset: BigInt(i), partition: p }),
    eventId: newEventId(),
    value,
  });
}
for (let round = 0; round < 6; round++) {
  const start = performance.now();
  const cpu = process.cpuUsage();
  await Promise.all(
    parts.map(async (rows, p) => {
      await store.resumeFrom({ topic: 't' + round, partition: p });
      for (let at = 0; at < rows.length; at += 10_000)
        await store.write(rows.slice(at, at + 10_000), {
          topic: 't' + round,
          partition: p,
          nextOffset: BigInt(at + 10_000),
        });
    }),
  );
  const ms = performance.now() - start;
  const c = process.cpuUsage(cpu);
  console.log(
    `round ${round}: ${((N / ms) * 1000).toFixed(0)} rows/s, node cpu ${((c.user + c.system) / 1000 / ms).toFixed(2)}`,
  );
  const t = performance.now();
  await store.checkpoint();
  console.log('checkpoint', (performance.now() - t).toFixed(0), 'ms');
}
await stop();
