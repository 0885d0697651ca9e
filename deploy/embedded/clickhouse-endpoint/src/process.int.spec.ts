import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEndpointProcess } from './testing/endpoint-process.ts';
import { post } from './testing/request.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-clickhouse-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const count = 'SELECT count(), sum(a) FROM t';

describe('the process', () => {
  it('lets running queries end on SIGTERM, and finds its data again', async () => {
    const first = await startEndpointProcess({}, directory);
    await post(first.url, 'CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a');
    await post(first.url, 'INSERT INTO t SELECT number FROM numbers(100000)');
    const running = post(first.url, "SELECT 'done', sleep(3)");
    await expect
      .poll(
        async () =>
          (
            await post(
              first.url,
              "SELECT count() FROM system.processes WHERE query LIKE '%sleep(3)%' AND query NOT LIKE '%LIKE%'",
            )
          ).text,
      )
      .toBe('1\n');
    first.kill('SIGTERM');
    expect(await running).toMatchObject({ status: 200, text: 'done\t0\n' });
    expect(await first.exited).toEqual({ code: 0, signal: null });

    const second = await startEndpointProcess({}, directory);
    expect((await post(second.url, count)).text).toBe('100000\t4999950000\n');
    second.kill('SIGTERM');
    await second.exited;
  });

  it('keeps what was acknowledged when it is killed, and clears what was left in the spool', async () => {
    const first = await startEndpointProcess({}, directory);
    await post(first.url, 'CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a');
    await post(first.url, 'INSERT INTO t FORMAT TSV\n1\n2\n');
    first.kill('SIGKILL');
    await first.exited;
    const second = await startEndpointProcess({}, directory);
    expect((await post(second.url, count)).text).toBe('2\t3\n');
    expect(await readdir(join(directory, 'spool'))).toEqual([]);
    second.kill('SIGTERM');
    await second.exited;
  });

  it('ends when its parent does', async () => {
    const endpoint = await startEndpointProcess({}, directory);
    endpoint.closeInput();
    expect(await endpoint.exited).toEqual({ code: 0, signal: null });
  });

  it('says what is wrong with its configuration or its folder', async () => {
    await expect(startEndpointProcess({ MILLRACE_CLICKHOUSE_PORT: 'x' }, directory)).rejects.toThrow('port');
    const first = await startEndpointProcess({}, directory);
    await expect(startEndpointProcess({}, directory)).rejects.toThrow('Another server instance');
    first.kill('SIGTERM');
    await first.exited;
  });

  it('runs as many queries at once as it says, and lets the others wait', async () => {
    const endpoint = await startEndpointProcess(
      { MILLRACE_CLICKHOUSE_MAX_CONCURRENT_QUERIES: '20' },
      directory,
    );
    const started = performance.now();
    const sleeping = Array.from({ length: 40 }, () => post(endpoint.url, 'SELECT sleep(1)'));
    const replies = await Promise.all(sleeping);
    const seconds = (performance.now() - started) / 1000;
    expect(replies.every(({ status }) => status === 200)).toBe(true);
    expect(seconds).toBeGreaterThan(2);
    expect(seconds).toBeLessThan(20);
    endpoint.kill('SIGTERM');
    await endpoint.exited;
  });
});
