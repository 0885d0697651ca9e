import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EndpointProcess, startEndpointProcess } from './testing/endpoint-process.ts';
import { post, uniqueName } from './testing/request.ts';

let endpoint: EndpointProcess;
let url: string;

beforeAll(async () => {
  endpoint = await startEndpointProcess();
  url = endpoint.url;
});
afterAll(() => endpoint.stop());

describe('sessions', () => {
  it('keep temporary tables, settings and the database, for themselves', async () => {
    const session = { session_id: uniqueName('s') };
    await post(url, 'CREATE TEMPORARY TABLE mine (a Int8)', session);
    await post(url, 'INSERT INTO mine VALUES (1), (2)', session);
    await post(url, 'SET max_threads = 3', session);
    await post(url, 'USE system', session);
    const query = "SELECT sum(a), getSetting('max_threads'), currentDatabase() FROM mine";
    expect((await post(url, query, session)).text).toBe('3\t3\tsystem\n');
    expect(await post(url, query, { session_id: uniqueName('s') })).toMatchObject({ code: 60 });
    expect(await post(url, query)).toMatchObject({ code: 60 });
  });

  it('do not keep what the URL of one request sets', async () => {
    const session = { session_id: uniqueName('s') };
    const query = "SELECT getSetting('max_threads'), getSetting('max_block_size'), currentDatabase()";
    await post(url, 'SET max_threads = 3', session);
    const before = (await post(url, query, session)).text;
    const within = await post(url, query, {
      ...session,
      max_threads: '5',
      max_block_size: '77',
      database: 'system',
    });
    expect(within.text).toBe('5\t77\tsystem\n');
    expect((await post(url, query, session)).text).toBe(before);
    expect((await post(url, 'SELECT nope', { ...session, max_threads: '6' })).code).toBe(47);
    expect((await post(url, 'SELECT 1', { ...session, max_threads: '6', nope: '1' })).code).toBe(115);
    expect((await post(url, query, session)).text).toBe(before);
  });

  it('do not keep parameters', async () => {
    const session = { session_id: uniqueName('s') };
    expect((await post(url, 'SELECT {x:Int8}', { ...session, param_x: '1' })).text).toBe('1\n');
    expect(await post(url, 'SELECT {x:Int8}', session)).toMatchObject({ status: 500, code: 456 });
    expect((await post(url, 'SELECT {x:Int8}', { ...session, param_x: '2' })).text).toBe('2\n');
  });

  it("do not show a failed query's rows to the next one", async () => {
    const session = { session_id: uniqueName('s') };
    await post(url, 'SHOW FUNCTIONS SETTINGS max_result_rows = 1', session);
    await post(url, 'SELECT throwIf(number = 70000) FROM numbers(100000)', session);
    expect((await post(url, "SHOW DATABASES LIKE 'millrace'", session)).text).toBe('millrace\n');
  });

  it('are locked while they are used', async () => {
    const session = { session_id: uniqueName('s') };
    const abort = new AbortController();
    const long = fetch(`${url}/?session_id=${session.session_id}`, {
      method: 'POST',
      body: 'SELECT number FROM numbers(1e12)',
      signal: abort.signal,
    });
    await long;
    expect(await post(url, 'SELECT 1', session)).toMatchObject({ status: 500, code: 373 });
    abort.abort();
    await expect.poll(async () => (await post(url, 'SELECT 1', session)).text).toBe('1\n');
  });

  it('can be used again as soon as an answer is read', async () => {
    const session = { session_id: uniqueName('s') };
    for (let round = 0; round < 10; round += 1) {
      expect((await post(url, 'SELECT number FROM numbers(20000)', session)).status).toBe(200);
      expect((await post(url, 'SHOW DATABASES', session)).status).toBe(200);
      expect((await post(url, 'SELECT nope', session)).code).toBe(47);
    }
  });

  it('end after their timeout, and session_check asks for one that is there', async () => {
    const session = { session_id: uniqueName('s'), session_timeout: '3' };
    expect(await post(url, 'SELECT 1', { ...session, session_check: '1' })).toMatchObject({
      status: 500,
      code: 372,
    });
    await post(url, 'SET max_threads = 3', session);
    expect((await post(url, 'SELECT 1', { ...session, session_check: '1' })).text).toBe('1\n');
    const started = performance.now();
    await expect
      .poll(() =>
        post(url, 'SELECT 1', { session_id: uniqueName('other') }).then(() => performance.now() - started),
      )
      .toBeGreaterThan(3200);
    expect(await post(url, 'SELECT 1', { ...session, session_check: '1' })).toMatchObject({ code: 372 });
  });

  it('refuse a bad timeout, and end on close_session', async () => {
    const session = { session_id: uniqueName('s') };
    expect(await post(url, 'SELECT 1', { ...session, session_timeout: 'x' })).toMatchObject({ code: 36 });
    expect(await post(url, 'SELECT 1', { ...session, session_timeout: '9999' })).toMatchObject({ code: 36 });
    expect((await post(url, 'SELECT 1', { ...session, close_session: '1' })).text).toBe('1\n');
    expect(await post(url, 'SELECT 1', { ...session, session_check: '1' })).toMatchObject({ code: 372 });
  });
});
