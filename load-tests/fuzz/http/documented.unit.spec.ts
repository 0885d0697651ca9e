import { expect, test } from 'vitest';
import { notDocumented } from './documented.ts';

const number = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
const operation = {
  service: 'test',
  url: '',
  method: 'GET',
  path: '/',
  named: {},
  parameters: [],
  responses: {
    200: { content: { 'application/json': { schema: number }, 'text/csv': { schema: {} } } },
    404: { content: { 'application/problem+json': { schema: {} } } },
  },
};

test.each([
  [200, 'application/json; charset=utf-8', '{"n":1}', 'nothing'],
  [200, 'text/csv', 'n', 'nothing'],
  [200, 'application/json', '{"n":"1"}', 'status 200 is not what is documented'],
  [200, 'text/plain', 'n', 'status 200 is not documented as text/plain'],
  [201, 'application/json', '{"n":1}', 'status 201 is not documented'],
  [404, 'application/json', '{}', 'status 404 is not documented as application/json'],
])('of %i as %s: %s', (status, type, text, told) => {
  expect(notDocumented(operation, { status, type, text }) ?? 'nothing').toContain(told);
});
