import { expect, test } from 'vitest';
import { z } from 'zod';
import { createHttpApp } from './http.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { problemAnswer, withOpenApi } from './open-api.ts';

async function documentOf(schema: object): Promise<unknown> {
  const logger = createLogger('test', 'silent');
  const app = createHttpApp({ logger, metrics: createMetrics('test'), problems: () => [] });
  await withOpenApi(app, { title: 'Test', description: 'A test.' });
  app.post(
    '/v1/things/:id',
    { schema, validatorCompiler: () => (value) => ({ value }), serializerCompiler: () => JSON.stringify },
    () => ({}),
  );
  await app.ready();
  const { payload } = await app.inject({ url: '/openapi.json' });
  return z
    .object({ openapi: z.string(), paths: z.object({ '/v1/things/{id}': z.object({ post: z.unknown() }) }) })
    .parse(JSON.parse(payload)).paths['/v1/things/{id}'].post;
}

const text = { type: 'string' };

test('a body and an answer may differ by media type', async () => {
  const content = {
    'application/json': { schema: z.object({ name: z.string() }) },
    'text/csv': { schema: z.string() },
  };
  const described = {
    'application/json': { schema: { type: 'object', properties: { name: text }, required: ['name'] } },
    'text/csv': { schema: text },
  };
  expect(
    await documentOf({
      params: z.object({ id: z.string() }),
      body: { content },
      response: { 200: { description: 'Fine.', content } },
    }),
  ).toMatchObject({
    parameters: [{ in: 'path', name: 'id', required: true, schema: text }],
    requestBody: { content: described },
    responses: { 200: { description: 'Fine.', content: described } },
  });
});

test('every status that a route does not name is a problem', async () => {
  const problem = { 'application/problem+json': { schema: { required: expect.arrayContaining(['code']) } } };
  const whole = { response: { 200: z.object({}), 404: problemAnswer('Not there.') }, body: z.object({}) };
  expect(await documentOf(whole)).toMatchObject({
    requestBody: { content: { 'application/json': { schema: { type: 'object' } } } },
    responses: {
      200: { content: { 'application/json': {} } },
      404: { description: 'Not there.', content: problem },
      default: { content: problem },
    },
  });
  expect(await documentOf({ summary: 'Does something.' })).toMatchObject({
    summary: 'Does something.',
    responses: { default: { content: problem } },
  });
});
