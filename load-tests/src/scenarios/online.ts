import type { Bench } from '../bench.ts';
import { readRate } from '../limits/bare-ioredis.ts';
import { emptyFastifyRate } from '../limits/empty-fastify.ts';
import { closedLoop } from '../measure.ts';
import { ENTITIES } from '../rows.ts';
import type { Scenario } from '../scenario.ts';

const SECONDS = 6;

/** One entity, 50 features in 5 views, a request. */
export const online1: Scenario = {
  name: 'online-1',
  async run(bench) {
    const clients = 16;
    const load = await readOnline(bench, 1, clients);
    const limit = await emptyFastifyRate(requestBody(1, 0), clients, SECONDS);
    return {
      ...load,
      limit: { name: 'empty-fastify', rate: limit },
      details: { clients, requests: load.calls },
    };
  },
};

/** A hundred entities, 50 features in 5 views each, a request. */
export const online100: Scenario = {
  name: 'online-100',
  async run(bench) {
    const clients = 4;
    const load = await readOnline(bench, 100, clients);
    const limit = await readRate(bench.stack.redis.url, 100, clients, SECONDS);
    return {
      ...load,
      limit: { name: 'bare-ioredis-json', rate: limit },
      details: { clients, requests: load.calls },
    };
  },
};

function requestBody(entities: number, from: number): string {
  const keys = Array.from({ length: entities }, (_, i) => ({ user_id: (from * entities + i) % ENTITIES }));
  return JSON.stringify({ service: 'bench_service', entities: keys });
}

async function readOnline(bench: Bench, entities: number, clients: number) {
  await bench.history();
  const bodies = Array.from({ length: 2_000 }, (_, i) => requestBody(entities, i));
  const headers = { 'content-type': 'application/json' };
  return closedLoop({
    clients,
    seconds: SECONDS,
    async call(index) {
      const body = bodies[index % bodies.length] ?? '';
      const answer = await bench.featureServer.request({ method: 'POST', path: '/v1/online', headers, body });
      const text = await answer.body.text();
      if (answer.statusCode !== 200 || !text.includes('PRESENT'))
        throw new Error(`no features: ${text.slice(0, 300)}`);
    },
  });
}
