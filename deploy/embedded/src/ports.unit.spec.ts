import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { choosePorts, freePort } from './ports.ts';

let folder = '';
const servers: Server[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-ports-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await rm(folder, { recursive: true });
});

async function listenOn(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
}

test('free ports are kept in the folder, each name its own', async () => {
  const first = await choosePorts(folder, ['a', 'b'], {});
  expect(first.a).not.toBe(first.b);
  expect(await choosePorts(folder, ['b', 'a'], {})).toEqual(first);
  expect(await choosePorts(folder, ['c'], {})).toHaveProperty('c');
  expect(await choosePorts(folder, ['a', 'b'], {})).toEqual(first);
});

test('a kept port that somebody took is replaced; a configured one is an error', async () => {
  const first = await choosePorts(folder, ['a'], {});
  await listenOn(first.a);
  const second = await choosePorts(folder, ['a'], {});
  expect(second.a).not.toBe(first.a);
  await expect(choosePorts(folder, ['a'], { configured: { a: first.a } })).rejects.toMatchObject({
    code: 'PORT_TAKEN',
    details: { name: 'a', port: first.a },
  });
});

test('configured before kept, kept before preferred', async () => {
  const [wished, other] = [await freePort(), await freePort()];
  expect(await choosePorts(folder, ['a'], { preferred: { a: wished } })).toEqual({ a: wished });
  expect(await choosePorts(folder, ['a'], { preferred: { a: other } })).toEqual({ a: wished });
  expect(await choosePorts(folder, ['a'], { configured: { a: other } })).toEqual({ a: other });
});

test('a preferred port that is in use is passed by', async () => {
  const taken = await freePort();
  await listenOn(taken);
  expect((await choosePorts(folder, ['a'], { preferred: { a: taken } })).a).not.toBe(taken);
});

test('a ruined file of ports is made anew', async () => {
  await writeFile(join(folder, 'ports.json'), '{"a": "x"}');
  expect((await choosePorts(folder, ['a'], {})).a).toBeGreaterThan(1024);
});
