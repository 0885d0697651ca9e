import { expect, test } from 'vitest';
import { brokenReferences } from './references.ts';

test('references that name nothing are told', () => {
  const document = {
    paths: {
      '/a/{b}': {
        get: [{ $ref: '#/components/schemas/There' }, { $ref: '#/paths/~1a~1{b}' }],
        put: { $ref: '#/components/schemas/NotThere' },
        post: { $ref: 'https://example.org/schema' },
      },
    },
    components: { schemas: { There: { properties: { $ref: { type: 'string' } } } } },
  };
  expect([...brokenReferences(document)].sort()).toEqual([
    '#/components/schemas/NotThere',
    'https://example.org/schema',
  ]);
});
