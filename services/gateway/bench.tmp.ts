import { spawn } from 'node:child_process';
import { request, Agent } from 'node:http';
import { startStack } from '@millrace/embedded';
import { connectKafka, connectSchemaRegistry, EventCodec, kafkaConfig } from '@millrace/event-log';
import { defineEntity, defineFeatureView } from '@millrace/feature-registry';
import { registerDefinitions } from '../../libs/testing/src/register-definitions.ts';
const stack = await startStack({ folder: '/tmp/gwbench' });
const { kafka, schemaRegistry } = stack.value;
const registry = connectSchemaRegistry({ schemaRegistryUrl: schemaRegistry.url });
const codec = new EventCodec(registry);
const log = await connectKafka({
  clientId: 'bench',
  config: kafkaConfig({ kafkaBrokers: kafka.brokers.join(',') }),
});
const e = defineEntity({ name: 'airport', keys: { airport: 'string' }, owner: 'o' });
const features = Object.fromEntries(
  Array.from({ length: 10 }, (_, i) => [`f_${i}`, { type: 'double' as const }]),
);
const v = defineFeatureView({ name: 'bench', entity: e, ttl: null, owner: 'o', features });
await registerDefinitions(log.value, registry, codec, [e, v.definition]);
const prof = process.argv[2] === 'prof' ? ['--cpu-prof', '--cpu-prof-dir=/tmp/gwprof'] : [];
const gw = spawn(process.execPath, [...prof, 'services/gateway/src/main.ts'], {
  stdio: ['ignore', 'inherit', 'inherit'],
  env: {
    ...process.env,
    MILLRACE_KAFKA_BROKERS: kafka.brokers.join(','),
    MILLRACE_SCHEMA_REGISTRY_URL: schemaRegistry.url,
    MILLRACE_GATEWAY_PORT: '17400',
  },
});
for (;;) {
  try {
    await fetch('http://127.0.0.1:17400/health/live');
    break;
  } catch {
    await new Promise((r) => setTimeout(r, 100));
  }
}
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
function post(body: Buffer): Promise<number> {
  return new Promise((res, rej) => {
    const r = request(
      'http://127.0.0.1:17400/v1/features/bench',
      {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'content-length': body.length },
      },
      (x) => {
        x.resume();
        x.on('end', () => res(x.statusCode ?? 0));
      },
    );
    r.on('error', rej);
    r.end(body);
  });
}
const mk = (n: number) =>
  Buffer.from(
    JSON.stringify({
      rows: Array.from({ length: n }, (_, i) => ({
        airport: `A${i}`,
        eventTime: '2026-01-01T00:00:00.123456Z',
        ...Object.fromEntries(Array.from({ length: 10 }, (_, k) => [`f_${k}`, Math.random() * 100])),
      })),
    }),
  );
async function run(name: string, batch: number, conc: number, seconds: number) {
  const body = mk(batch);
  const end = performance.now() + seconds * 1000;
  let rows = 0;
  const lat: number[] = [];
  let bad = 0;
  const t0 = performance.now();
  await Promise.all(
    Array.from({ length: conc }, async () => {
      while (performance.now() < end) {
        const t = performance.now();
        const s = await post(body);
        lat.push(performance.now() - t);
        if (s === 200) rows += batch;
        else bad++;
      }
    }),
  );
  lat.sort((a, b) => a - b);
  console.log(
    name,
    Math.round(rows / ((performance.now() - t0) / 1000)),
    'rows/s p50',
    lat[lat.length >> 1]?.toFixed(1),
    'p99',
    lat[Math.floor(lat.length * 0.99)]?.toFixed(1),
    'bad',
    bad,
    'bytes',
    body.length,
  );
}
await run('warm', 500, 4, 3);
await run('500x8', 500, 8, 6);
await run('1x32', 1, 32, 4);
await run('1x1', 1, 1, 2);
gw.kill('SIGTERM');
await new Promise((r) => gw.on('exit', r));
await log.stop();
await stack.stop();
process.exit(0);
