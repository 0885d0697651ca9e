import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttpApp } from './http.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';

let app: FastifyInstance;
let port: number;

beforeAll(async () => {
  app = createHttpApp({
    logger: createLogger('test', 'silent'),
    metrics: createMetrics('test'),
    problems: () => [],
  });
  app.get('/v1/things/:name', () => ({}));
  app.post('/v1/things', (request) => request.body);
  port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
});
afterAll(() => app.close());

/** Sends bytes as they are; the answer, up to the end of the connection. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => void (answer += chunk.toString('utf8')));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    socket.end(bytes);
  });
}

test('a question about the health that fails or is not answered is a problem, in time, and is measured', async () => {
  for (const problems of [
    () => Promise.reject(new Error('away')),
    () => new Promise<never>(() => undefined),
  ]) {
    const ill = createHttpApp({
      logger: createLogger('test', 'silent'),
      metrics: createMetrics('test'),
      problems,
    });
    const [ready, metrics] = await Promise.all([
      ill.inject({ url: '/health/ready' }),
      ill.inject({ url: '/metrics' }),
    ]);
    expect(ready.statusCode).toBe(503);
    expect(metrics.payload).toContain('millrace_problems{service="test"} 1');
  }
});

describe('every refusal is a problem with a code', () => {
  test.each([
    ['an address that is no text', '/v1/things/%ff', 400],
    ['an address that breaks off', '/v1/things/%', 400],
    ['a part of the address that is too long', `/v1/things/${'x'.repeat(5_000)}`, 414],
    ['an address without a route', '/v2', 404],
  ])('%s', async (_what, url, status) => {
    const answer = await app.inject({ url });
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ status, code: 'REQUEST_INVALID' });
    expect(answer.statusCode).toBe(status);
  });

  test.each([
    ['a body that is no JSON', { 'content-type': 'application/json' }, '{', 400],
    ['a body of no known type', { 'content-type': 'text/csv' }, 'a,b', 415],
    ['a body that would change prototypes', { 'content-type': 'application/json' }, '{"__proto__":1}', 400],
  ])('%s', async (_what, headers, payload, status) => {
    const answer = await app.inject({ method: 'POST', url: '/v1/things', headers, payload });
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ status, code: expect.any(String) });
  });

  test.each([
    ['what is no HTTP', 'hello\r\n\r\n', 400],
    ['headers without an end', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
    [
      'two lengths',
      'POST /v1/things HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
      400,
    ],
  ])('%s', async (_what, bytes, status) => {
    const answer = await raw(bytes);
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(answer).toContain('application/problem+json');
    expect(answer).toContain('"code":"REQUEST_INVALID"');
  });
});
