import { Redis } from 'ioredis';
import { newEventId, packPosition } from '@millrace/events';
import { defineEntity, defineFeatureView, defineFeatureService } from '@millrace/feature-registry';
import { connectRedisOnlineStore, readService } from './index.ts';
import { catalogOf, rowEncoder } from './testing.ts';
const name = 'benchread' + Date.now();
const { value: store, stop } = await connectRedisOnlineStore({ url: 'redis://127.0.0.1:16390', name });
const user = defineEntity({ name: 'user', keys: { user: 'string' }, owner: 'x' });
const features = Object.fromEntries(
  Array.from({ length: 10 }, (_, i) => ['feature_' + i, { type: 'double' as const }]),
);
const views = Array.from({ length: 5 }, (_, v) =>
  defineFeatureView({ name: 'view' + v, entity: user, ttl: '1d', owner: 'x', features }),
);
const service = defineFeatureService({
  name: 's',
  owner: 'x',
  views: views.map((view) => ({ view, features: Object.keys(features) })),
});
const catalog = catalogOf([user, ...views.map((v) => v.definition), service.definition]);
const N = 10_000;
const r = new Redis(16390);
for (const [v, view] of views.entries()) {
  const enc = rowEncoder(catalog, view.definition.name);
  const codec = catalog.view(view.definition.name).keyCodec;
  const topic = 't' + v + name;
  await store.resumeFrom({ topic, partition: 0 });
  const rows = Array.from({ length: N }, (_, i) => {
    const eventId = newEventId();
    const eventTime = BigInt(Date.now()) * 1000n;
    const key = { user: 'user' + i };
    return {
      entity: 'user',
      key: codec.encode(key),
      view: view.definition.name,
      eventId,
      eventTime,
      position: packPosition({ epoch: 0, offset: BigInt(i), partition: 0 }),
      value: enc({
        key,
        eventId,
        eventTime,
        values: Object.fromEntries(Object.keys(features).map((f) => [f, Math.random() * 1000])),
      }),
    };
  });
  await store.write(rows, { topic, partition: 0, nextOffset: BigInt(N) });
  const p = r.pipeline();
  for (let i = 0; i < N; i++)
    p.hset(
      name + 'j:' + i,
      view.definition.name,
      JSON.stringify(Object.fromEntries(Object.keys(features).map((f) => [f, Math.random() * 1000]))),
    );
  await p.exec();
}
const resolved = catalog.service('s');
const viewNames = views.map((v) => v.definition.name);
const pick = (n: number) => Array.from({ length: n }, () => Math.floor(Math.random() * N));
const modes: Record<string, (n: number) => Promise<unknown>> = {
  ours: async (n) =>
    readService(
      store,
      resolved,
      pick(n).map((i) => ({ user: 'user' + i })),
      { withOrigin: false },
    ),
  oursOrigin: async (n) =>
    readService(
      store,
      resolved,
      pick(n).map((i) => ({ user: 'user' + i })),
      { withOrigin: true },
    ),
  readOnly: async (n) => {
    const codec = resolved.views[0]!.view.keyCodec;
    return store.read(
      pick(n).map((i) => ({ entity: 'user', key: codec.encode({ user: 'user' + i }), views: viewNames })),
    );
  },
  bareJson: async (n) => {
    const p = r.pipeline();
    for (const i of pick(n)) p.hmget(name + 'j:' + i, ...viewNames);
    const res = await p.exec();
    return res!.map(([, v]: any) => v.map(JSON.parse));
  },
};
console.log(
  JSON.stringify(
    (await readService(store, resolved, [{ user: 'user1' }], { withOrigin: true })).entities[0],
    (_k, v) => (typeof v === 'bigint' ? String(v) : v),
  ).slice(0, 400),
);
for (const n of [100, 1])
  for (const round of [1, 2])
    for (const [mode, f] of Object.entries(modes)) {
      for (let i = 0; i < 50; i++) await f(n);
      const M = n === 1 ? 10000 : 1000;
      let left = M;
      const t = performance.now();
      const c0 = process.cpuUsage();
      await Promise.all(
        Array.from({ length: 16 }, async () => {
          while (left-- > 0) await f(n);
        }),
      );
      const c = process.cpuUsage(c0);
      console.log(
        n,
        mode,
        ((M / (performance.now() - t)) * 1000).toFixed(0),
        'req/s; cpu µs/req',
        ((c.user + c.system) / M).toFixed(0),
      );
    }
r.disconnect();
await stop();
