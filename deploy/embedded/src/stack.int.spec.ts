import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { MillraceError, Running } from '@millrace/kernel';
import { lockFolder } from './folder-lock.ts';
import { type StackAddresses, startStack } from './stack.ts';

const run = promisify(execFile);
// Several starts of real servers in one test: on a busy machine each may take half a minute.
const slow = 180_000;
const waiting = { timeout: 60_000, interval: 50 };

async function inFreshFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace stack '));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function kafkaOf(stack: StackAddresses): Kafka {
  return new Kafka({ brokers: [...stack.kafka.brokers], logLevel: logLevel.NOTHING });
}

async function redis(stack: StackAddresses, command: string): Promise<string> {
  const socket = createConnection(Number(new URL(stack.redis.url).port), '127.0.0.1');
  socket.write(`${command}\r\n`);
  const closed = once(socket, 'close').then((): unknown[] => ['']);
  const [answer] = await Promise.race([once(socket, 'data'), closed]);
  socket.destroy();
  return String(answer).trim();
}

async function clickhouse(stack: StackAddresses, query: string): Promise<string> {
  const { url, user, password, database } = stack.clickhouse;
  const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password };
  const response = await fetch(`${url}/?database=${database}`, { method: 'POST', body: query, headers });
  expect(response.status).toBe(200);
  return (await response.text()).trim();
}

async function schemas(stack: StackAddresses, path: string, body?: object): Promise<unknown> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  const response = await fetch(`${stack.schemaRegistry.url}${path}`, { ...init, headers });
  return response.json();
}

async function write(stack: StackAddresses, text: string): Promise<void> {
  const kafka = kafkaOf(stack);
  const admin = kafka.admin();
  await admin.connect();
  // kafkajs takes it for an error when the broker has not heard of the new topic yet.
  await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 1 }], waitForLeaders: false });
  await vi.waitUntil(async () => (await admin.listTopics()).includes('kept'), waiting);
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: 'kept', messages: [{ value: text }] });
  await producer.disconnect();
  expect(await redis(stack, `SET kept ${text}`)).toBe('+OK');
  await clickhouse(stack, 'CREATE TABLE kept (text String) ENGINE = MergeTree ORDER BY text');
  await clickhouse(stack, `INSERT INTO kept VALUES ('${text}')`);
  await schemas(stack, '/subjects/kept/versions', {
    schema: JSON.stringify({ type: 'enum', name: 'E', symbols: [text] }),
  });
}

async function read(stack: StackAddresses): Promise<Record<string, unknown>> {
  const consumer = kafkaOf(stack).consumer({ groupId: 'reader' });
  await consumer.connect();
  await consumer.subscribe({ topic: 'kept', fromBeginning: true });
  const record = Promise.withResolvers<string>();
  await consumer.run({ eachMessage: async ({ message }) => record.resolve(String(message.value)) });
  const kafka = await record.promise;
  await consumer.disconnect();
  return {
    kafka,
    redis: (await redis(stack, 'GET kept')).split('\r\n')[1],
    clickhouse: await clickhouse(stack, 'SELECT text FROM kept'),
    schema: await schemas(stack, '/subjects/kept/versions/1'),
  };
}

describe('a stack', () => {
  test('keeps data and ports over a restart', { timeout: slow }, async () => {
    await inFreshFolder(async (folder) => {
      const first = await startStack({ folder });
      try {
        await write(first.value, 'one');
      } finally {
        await first.stop();
      }
      const second = await startStack({ folder });
      try {
        expect(second.value).toEqual(first.value);
        expect(await read(second.value)).toEqual({
          kafka: 'one',
          redis: 'one',
          clickhouse: 'one',
          schema: expect.objectContaining({ subject: 'kept', version: 1 }),
        });
      } finally {
        await second.stop();
      }
    });
  });

  test('refuses a configured port that is in use', async () => {
    await inFreshFolder(async (folder) => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const start = startStack({ folder, ports: { configured: { redis: port } } });
      await expect(start).rejects.toThrow(`port ${port} for redis is in use`);
      server.close();
    });
  });
});

describe('two stacks beside each other', () => {
  const failures: MillraceError[] = [];
  const folders: string[] = [];
  const stacks: Running<StackAddresses>[] = [];

  beforeAll(async () => {
    for (const name of ['a', 'b']) folders.push(await mkdtemp(join(tmpdir(), `millrace-stack-${name}-`)));
    const starts = folders.map((folder) =>
      startStack({ folder, onFailure: (error) => failures.push(error) }),
    );
    stacks.push(...(await Promise.all(starts)));
  }, slow);
  afterAll(async () => {
    await Promise.all(stacks.map((stack) => stack.stop()));
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  }, slow);

  test('share nothing', async () => {
    const [a, b] = stacks.map((stack) => stack.value);
    if (a === undefined || b === undefined) throw new Error('a stack is missing');
    expect(a.kafka.brokers).not.toEqual(b.kafka.brokers);
    await redis(a, 'SET own a');
    await redis(b, 'SET own b');
    expect(await redis(a, 'GET own')).toContain('a');
    await clickhouse(a, 'CREATE TABLE own (x UInt8) ENGINE = MergeTree ORDER BY x');
    expect(await clickhouse(b, "SELECT count() FROM system.tables WHERE name = 'own'")).toBe('0');
  });

  test('a folder carries one stack', async () => {
    const [folder = ''] = folders;
    await expect(startStack({ folder })).rejects.toMatchObject({ code: 'STACK_LOCKED' });
  });

  test('a server that ends by itself is reported by name with its log', { timeout: slow }, async () => {
    const [a] = stacks.map((stack) => stack.value);
    if (a === undefined) throw new Error('a stack is missing');
    await redis(a, 'SHUTDOWN NOSAVE');
    await vi.waitUntil(() => failures.length > 0, waiting);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ code: 'COMPONENT_FAILED', details: { component: 'redis' } });
    expect(failures[0]?.message).toContain('ready to exit, bye bye');
  });
});

describe('when the parent is killed', () => {
  test('everything that it started ends', { timeout: slow }, async () => {
    await inFreshFolder(async (folder) => {
      const parent = spawn(process.execPath, ['--input-type=module', '-e', parentScript(folder)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        await untilOutput(parent, 'up');
        const children = await childrenOf(parent.pid ?? 0);
        expect(children.length).toBe(5);
        const lock = await readFile(join(folder, 'stack.lock'), 'utf8');
        expect(children).toContain(Number(lock.split('\n')[0]));
        parent.kill('SIGKILL');
        await vi.waitUntil(() => children.every((pid) => !isAlive(pid)), waiting);
      } finally {
        parent.kill('SIGKILL');
      }
      const claimed = await lockFolder(folder, process.pid);
      await claimed.stop();
    });
  });
});

function parentScript(folder: string): string {
  const module = JSON.stringify(join(import.meta.dirname, 'stack.ts'));
  return `import { startStack } from ${module}; await startStack({ folder: ${JSON.stringify(folder)} }); console.log('up');`;
}

async function untilOutput(child: ChildProcess, text: string): Promise<void> {
  for await (const chunk of child.stdout ?? []) if (String(chunk).includes(text)) return;
  throw new Error('the parent ended early');
}

async function childrenOf(parent: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return rows.flatMap(([pid = 0, ppid = 0]) => (ppid === parent ? [pid] : []));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
