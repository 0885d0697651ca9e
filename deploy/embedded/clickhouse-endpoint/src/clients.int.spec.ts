import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type EndpointProcess, startEndpointProcess } from './testing/endpoint-process.ts';
import { uniqueName } from './testing/request.ts';

let endpoint: EndpointProcess;

beforeAll(async () => {
  endpoint = await startEndpointProcess({ MILLRACE_CLICKHOUSE_PASSWORD: 'secret' });
});
afterAll(() => endpoint.stop());

const run = promisify(execFile);

describe('@clickhouse/client', () => {
  it.each([
    ['plain', { request: false, response: false }],
    ['compressed', { request: true, response: true }],
  ])('creates, inserts, queries and streams, %s', async (_, compression) => {
    const client = createClient({
      url: endpoint.url,
      password: 'secret',
      database: 'millrace',
      compression,
      log: { level: ClickHouseLogLevel.OFF },
    });
    try {
      expect(await client.ping()).toEqual({ success: true });
      const table = uniqueName('t');
      await client.command({
        query: `CREATE TABLE ${table} (id UInt32, name Nullable(String), at DateTime64(6)) ENGINE = MergeTree ORDER BY id`,
      });
      const at = '2020-01-01 00:00:00.123456';
      const inserted = await client.insert({
        table,
        values: Array.from({ length: 1000 }, (__, index) => [index, index % 2 ? `n${index}` : null, at]),
        format: 'JSONCompactEachRow',
        clickhouse_settings: { async_insert: 0 },
      });
      expect(inserted.summary).toMatchObject({ written_rows: '1000' });
      const result = await client.query({
        query: `SELECT * FROM ${table} WHERE id < {n:UInt32} ORDER BY id`,
        query_params: { n: 2 },
        format: 'JSONEachRow',
      });
      expect(await result.json()).toEqual([
        { id: 0, name: null, at },
        { id: 1, name: 'n1', at },
      ]);
      const stream = await client.query({
        query: 'SELECT number FROM numbers(500000)',
        format: 'JSONCompactEachRow',
      });
      let rows = 0;
      for await (const chunk of stream.stream()) rows += chunk.length;
      expect(rows).toBe(500_000);
      await expect(client.query({ query: 'SELECT * FROM nope' })).rejects.toMatchObject({
        code: '60',
        type: 'UNKNOWN_TABLE',
      });
    } finally {
      await client.close();
    }
  });

  it('keeps a session, and sees an error in mid-stream', async () => {
    const client = createClient({
      url: endpoint.url,
      password: 'secret',
      session_id: uniqueName('s'),
      log: { level: ClickHouseLogLevel.OFF },
    });
    try {
      await client.command({ query: 'CREATE TEMPORARY TABLE mine (a Int8)' });
      await client.insert({ table: 'mine', values: [{ a: 5 }], format: 'JSONEachRow' });
      const result = await client.query({ query: 'SELECT a FROM mine', format: 'JSONEachRow' });
      expect(await result.json()).toEqual([{ a: 5 }]);
      const broken = await client.query({
        query: 'SELECT number, throwIf(number = 3000000) FROM numbers(10000000)',
        format: 'JSONEachRow',
      });
      const read = async () => {
        for await (const rows of broken.stream()) void rows.length;
      };
      await expect(read()).rejects.toThrow('throwIf');
    } finally {
      await client.close();
    }
  });
});

describe('curl', () => {
  const curl = (...args: string[]) =>
    run('curl', ['-sS', '--fail-with-body', '--user', 'default:secret', ...args]);

  it('queries, inserts a file and inflates an answer', async () => {
    expect((await curl(`${endpoint.url}/?query=SELECT%20version()`)).stdout).toMatch(/^26\./);
    const table = uniqueName('t');
    await curl(endpoint.url, '-d', `CREATE TABLE ${table} (a UInt8, b String) ENGINE = Memory`);
    await curl(
      `${endpoint.url}/?query=INSERT%20INTO%20${table}%20FORMAT%20CSV`,
      '--data-binary',
      '1,x\n2,y\n',
    );
    const compressed = await curl(
      '--compressed',
      `${endpoint.url}/?enable_http_compression=1`,
      '-d',
      `SELECT * FROM ${table}`,
    );
    expect(compressed.stdout).toBe('1\tx\n2\ty\n');
  });

  it('fails for an error, also in mid-stream', async () => {
    await expect(curl(endpoint.url, '-d', 'SELECT nope')).rejects.toMatchObject({ code: 22 });
    const query = 'SELECT throwIf(number = 3000000) FROM numbers(10000000)';
    await expect(curl('-o', '/dev/null', endpoint.url, '-d', query)).rejects.toMatchObject({ code: 18 });
  });
});

describe('clickhouse-connect', () => {
  it('queries, inserts Native and Arrow, compressed in each way it knows', { timeout: 120_000 }, async () => {
    const script = join(import.meta.dirname, 'testing', 'clickhouse_connect_check.py');
    const { stdout } = await run(await python(), [script, String(endpoint.port), 'secret', uniqueName('t')]);
    expect(JSON.parse(stdout)).toEqual({
      inserted: [2, 50_000, 50_000, 50_000, 50_000, 3],
      rows: [
        [1, "it's", 1.5, [1, 2]],
        [2, 'ü', null, []],
      ],
      bound: [["it's\t1", 4]],
      formBound: [["it's\t1", 4]],
      count: 200_005,
      distinctBulk: 50_000,
      arrowRows: 300_000,
      temporary: [[1]],
      error: 60,
      midStream: true,
    });
  });
});

const environmentModule = z.object({
  ensurePythonEnv: z.custom<() => Promise<string>>((value) => typeof value === 'function'),
});

/** The set-up's own module, which is plain JavaScript outside of the packages. */
async function python(): Promise<string> {
  const root = join(import.meta.dirname, '..', '..', '..', '..');
  const module = await import(pathToFileURL(join(root, 'scripts', 'python-env.mjs')).href);
  return environmentModule.parse(module).ensurePythonEnv();
}
