import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import Fastify from 'fastify';
import { Pool } from 'undici';
import { z } from 'zod';
import { closedLoop } from '../measure.ts';

/** How many requests a second a fastify answers that does nothing, in a process of its own, given a body. */
export async function emptyFastifyRate(body: string, clients: number, seconds: number): Promise<number> {
  const child = fork(fileURLToPath(import.meta.url), ['serve']);
  try {
    const port = z.number().parse(await new Promise((resolve) => child.once('message', resolve)));
    const pool = new Pool(`http://127.0.0.1:${port}`, { connections: clients });
    const headers = { 'content-type': 'application/json' };
    const { rate } = await closedLoop({
      clients,
      seconds,
      async call() {
        const answer = await pool.request({ method: 'POST', path: '/', headers, body });
        await answer.body.text();
      },
    });
    await pool.close();
    return rate;
  } finally {
    child.kill();
  }
}

if (process.argv[2] === 'serve' && process.send !== undefined) {
  const app = Fastify();
  app.post('/', () => ({}));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const [address] = app.addresses();
  process.send(typeof address === 'object' ? address.port : 0);
}
