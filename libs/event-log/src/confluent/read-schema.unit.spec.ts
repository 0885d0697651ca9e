import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { schemaReader } from './read-schema.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A registry that counts what it is asked, and a clock that is set by hand. */
async function given(schemas: Map<number, string>, status = () => 200) {
  const asked: number[] = [];
  const server = createServer((request, response) => {
    const id = Number(request.url?.split('/').at(-1));
    asked.push(id);
    const schema = schemas.get(id);
    response.statusCode = schema === undefined ? 404 : status();
    response.end(JSON.stringify({ schema }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const clock = { now: 0 };
  return { asked, clock, read: schemaReader(`http://127.0.0.1:${port}/`, {}, () => clock.now) };
}

test('asks once for a schema, and once in some seconds whether there is one now', async () => {
  const schemas = new Map<number, string>();
  const { asked, clock, read } = await given(schemas);
  expect(await Promise.all(Array.from({ length: 1_000 }, () => read(7)))).not.toContain('text');
  for (let i = 0; i < 1_000; i += 1) expect(await read(7)).toBeUndefined();
  expect(asked).toEqual([7]);
  schemas.set(7, 'text');
  clock.now += 60_000;
  for (let i = 0; i < 1_000; i += 1) expect(await read(7)).toBe('text');
  expect(asked).toEqual([7, 7]);
});

test('knows without asking that no schema has an id below 1', async () => {
  const { asked, read } = await given(new Map());
  expect(await read(-5)).toBeUndefined();
  expect(asked).toEqual([]);
});

test('gives the text as it stands, whatever language it is in', async () => {
  const { read } = await given(new Map([[1, 'syntax = "proto3";']]));
  expect(await read(1)).toBe('syntax = "proto3";');
});

test('tries again after an answer that is none, and does not take it for "there is none"', async () => {
  let answers = 0;
  const { read } = await given(new Map([[1, 'text']]), () => (answers++ === 0 ? 500 : 200));
  expect(await read(1)).toBe('text');
  const { read: never } = await given(new Map([[1, 'text']]), () => 500);
  await expect(never(1)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE', retry: true });
});
