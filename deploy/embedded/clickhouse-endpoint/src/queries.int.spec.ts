import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EndpointProcess, startEndpointProcess } from './testing/endpoint-process.ts';
import { get, post, uniqueName } from './testing/request.ts';

let endpoint: EndpointProcess;
let url: string;

beforeAll(async () => {
  endpoint = await startEndpointProcess();
  url = endpoint.url;
});
afterAll(() => endpoint.stop());

describe('queries', () => {
  it('come in the URL, in the body, or begin in one and end in the other', async () => {
    expect((await get(url, '/?query=SELECT+1')).text).toBe('1\n');
    expect((await post(url, 'SELECT 2')).text).toBe('2\n');
    expect((await post(url, '+ 2', { query: 'SELECT 1' })).text).toBe('3\n');
  });

  it('take parameters from the URL and from a form', async () => {
    const query = 'SELECT {text:String}, {number:Int64} + 1, {list:Array(String)}, {none:Nullable(String)}';
    const given = {
      param_text: "it's \\t\\\\ ü",
      param_number: '41',
      param_list: "['a','b']",
      param_none: '\\N',
    };
    const expected = "it's \\t\\\\ ü\t42\t['a','b']\t\\N\n";
    expect((await post(url, query, given)).text.replaceAll("\\'", "'")).toBe(expected);
    const form = new FormData();
    form.append('query', query);
    for (const [name, value] of Object.entries(given)) form.append(name, value);
    expect((await post(url, form)).text.replaceAll("\\'", "'")).toBe(expected);
    expect(await post(url, 'SELECT {missing:Int8}')).toMatchObject({ status: 500, code: 456 });
  });

  it('bind identifiers', async () => {
    const table = uniqueName('t');
    await post(url, `CREATE TABLE ${table} (a Int8) ENGINE = Memory`);
    await post(url, 'INSERT INTO {t:Identifier} FORMAT TSV\n7', { param_t: table });
    expect((await post(url, 'SELECT a FROM {t:Identifier}', { param_t: table })).text).toBe('7\n');
  });

  it('keep parameters of concurrent requests apart', async () => {
    const replies = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const reply = await post(url, "SELECT {x:Int64}, getSetting('max_block_size')", {
          param_x: String(index),
          max_block_size: String(1000 + index),
        });
        return reply.text;
      }),
    );
    expect(replies).toEqual(Array.from({ length: 200 }, (_, index) => `${index}\t${1000 + index}\n`));
  });

  it('take settings for one request, and do not leak them', async () => {
    const setting = "SELECT getSetting('max_threads')";
    const before = (await post(url, setting)).text;
    expect((await post(url, setting, { max_threads: '7' })).text).toBe('7\n');
    expect((await post(url, setting)).text).toBe(before);
    expect((await post(url, `${setting} SETTINGS max_threads = 5`)).text).toBe('5\n');
    await post(url, 'SET max_threads = 3');
    expect((await post(url, setting)).text).toBe(before);
    expect(await post(url, 'SELECT 1', { no_such_setting: '1' })).toMatchObject({ status: 404, code: 115 });
  });

  it('use the database of the URL, of the header, or the default one', async () => {
    const query = 'SELECT currentDatabase()';
    expect((await post(url, query)).text).toBe('millrace\n');
    expect((await post(url, query, { database: 'system' })).text).toBe('system\n');
    expect((await post(url, query, {}, { 'X-ClickHouse-Database': 'system' })).text).toBe('system\n');
    expect(await post(url, query, { database: 'nope' })).toMatchObject({ status: 404, code: 81 });
  });

  it('answer in the format of the text, of the header, of the URL, or TabSeparated', async () => {
    const header = { 'X-ClickHouse-Format': 'JSONEachRow' };
    expect(
      (await post(url, 'SELECT 1 AS a FORMAT CSVWithNames', { default_format: 'XML' }, header)).text,
    ).toBe('"a"\n1\n');
    const byHeader = await post(url, 'SELECT 1 AS a', { default_format: 'CSV' }, header);
    expect(byHeader.text).toBe('{"a":1}\n');
    expect(byHeader.headers.get('x-clickhouse-format')).toBe('JSONEachRow');
    expect(byHeader.headers.get('content-type')).toMatch('application/x-ndjson');
    expect((await post(url, 'SELECT 1 AS a', { default_format: 'CSVWithNames' })).text).toBe('"a"\n1\n');
    expect((await post(url, 'SHOW DATABASES', { default_format: 'JSONEachRow' })).text).toContain(
      '{"name":"millrace"}',
    );
    expect((await post(url, 'EXPLAIN SELECT 1 FORMAT CSV')).text).toMatch(/^"/);
    expect(await post(url, 'SELECT 1 FORMAT Nope')).toMatchObject({ status: 404, code: 73 });
  });

  it.each([
    ['(SELECT 1 AS a) UNION ALL (SELECT 1)', '1\n1\n'],
    ['WITH x AS (SELECT 5 AS v) SELECT v FROM x', '5\n'],
    ['FROM numbers(2) SELECT number', '0\n1\n'],
    ["SELECT 'a FORMAT CSV; -- ' /* FORMAT CSV */ -- end", 'a FORMAT CSV; -- \n'],
    ['SELECT format FROM (SELECT 3 AS format);', '3\n'],
    ['EXISTS TABLE nope', '0\n'],
    ['DESCRIBE TABLE (SELECT 1 AS a)', 'a\tUInt8\t\t\t\t\t\n'],
    ['SELECT 1 WHERE 0', ''],
  ])('run %j', async (query, text) => {
    expect(await post(url, query)).toMatchObject({ status: 200, text });
  });

  it('are answered with the query id that they bring, or with a new one', async () => {
    expect((await post(url, 'SELECT 1', { query_id: 'my-query' })).headers.get('x-clickhouse-query-id')).toBe(
      'my-query',
    );
    expect((await post(url, 'SELECT 1')).headers.get('x-clickhouse-query-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await post(url, 'SELECT 1', { query_id: 'a\nb' })).toMatchObject({ status: 400, code: 36 });
  });

  it('are answered with a summary, final with wait_end_of_query', async () => {
    const quick = await post(url, 'SELECT number FROM numbers(10)');
    expect(quick.summary).toMatchObject({ result_rows: 10, written_rows: 0 });
    const query = 'SELECT number FROM numbers(300000)';
    const waited = await post(url, query, { wait_end_of_query: '1', send_progress_in_http_headers: '1' });
    expect(waited.summary['result_rows']).toBe(300000);
    expect(waited.headers.get('x-clickhouse-progress')).toContain('"300000"');
    expect(waited.text).toBe((await post(url, query)).text);
  });
});

describe('errors', () => {
  it.each([
    ['SELEC 1', 400, 62],
    ['1 + 1', 400, 62],
    ['', 400, 62],
    ['SELECT * FROM nope', 404, 60],
    ['SELECT nope', 404, 47],
    ["SELECT toInt8('x')", 400, 6],
    ['SELECT throwIf(1)', 500, 395],
    ['SELECT 1; SELECT 2', 400, 62],
    ["SELECT 1 INTO OUTFILE 'x'", 500, 358],
    ["INSERT INTO t FROM INFILE 'x' FORMAT CSV", 404, 78],
    ['CREATE TABLE t (a Int8) ENGINE = Nope', 404, 56],
  ])('of %j have a status and a code', async (query, status, code) => {
    const reply = await post(url, query);
    expect(reply).toMatchObject({ status, code });
    expect(reply.text).toMatch(
      new RegExp(`^Code: ${code}\\. DB::Exception: .* \\([A-Z_]+\\) \\(version 26\\.[0-9.]+\\)\\n$`, 's'),
    );
  });

  it('leave nothing behind for the next request', async () => {
    await Promise.all(
      Array.from({ length: 5 }, () => post(url, 'SELECT throwIf(number = 70000) FROM numbers(100000)')),
    );
    expect((await post(url, "SHOW DATABASES LIKE 'millrace'")).text).toBe('millrace\n');
  });

  it('say that a query took too long', async () => {
    const reply = await post(url, 'SELECT count() FROM numbers(1e13) WHERE sipHash64(number) = 1', {
      max_execution_time: '0.3',
    });
    expect(reply).toMatchObject({ status: 408, code: 159 });
  });

  it('refuse to change anything by GET', async () => {
    const table = uniqueName('t');
    const create = await get(
      url,
      `/?query=${encodeURIComponent(`CREATE TABLE ${table} (a Int8) ENGINE = Memory`)}`,
    );
    expect(create).toMatchObject({ status: 500, code: 164 });
    const insert = await get(url, `/?query=${encodeURIComponent(`INSERT INTO ${table} VALUES (1)`)}`);
    expect(insert).toMatchObject({ status: 500, code: 164 });
    expect((await post(url, `EXISTS TABLE ${table}`)).text).toBe('0\n');
  });

  it('refuse a statement that is too long', async () => {
    const small = await startEndpointProcess({ MILLRACE_CLICKHOUSE_MAX_STATEMENT_BYTES: '2000' });
    try {
      const reply = await post(small.url, `SELECT '${'x'.repeat(3000)}'`);
      expect(reply).toMatchObject({ status: 413, code: 229 });
    } finally {
      await small.stop();
    }
  });

  it.each([
    ['compress=1', { compress: '1' }],
    ['decompress=1', { decompress: '1' }],
    ['roles', { role: 'admin' }],
    ['readonly in a session', { readonly: '1', session_id: 'r' }],
  ])('say with 501 that %s is not spoken', async (_, parameters) => {
    expect(await post(url, 'SELECT 1', parameters)).toMatchObject({ status: 501, code: 48 });
  });

  it('say with 501 that external tables and other methods are not spoken', async () => {
    const form = new FormData();
    form.append('query', 'SELECT * FROM t');
    form.append('t', new Blob(['1']), 't.tsv');
    expect(await post(url, form)).toMatchObject({ status: 501, code: 48 });
    const put = await fetch(url, { method: 'PUT', body: 'SELECT 1' });
    expect(put.status).toBe(501);
    expect(put.headers.get('x-clickhouse-exception-code')).toBe('48');
  });
});

describe('paths', () => {
  it('answer health checks, without credentials', async () => {
    for (const path of ['/', '/ping', '/replicas_status']) {
      expect(await get(url, path)).toMatchObject({ status: 200, text: 'Ok.\n' });
    }
    expect((await fetch(`${url}/ping`, { method: 'HEAD' })).status).toBe(200);
    expect((await get(url, '/nope')).status).toBe(404);
  });
});

describe('credentials', () => {
  it('are asked for, in each of the three ways', async () => {
    const secured = await startEndpointProcess({
      MILLRACE_CLICKHOUSE_USER: 'analyst',
      MILLRACE_CLICKHOUSE_PASSWORD: 'secret',
    });
    try {
      const basic = `Basic ${Buffer.from('analyst:secret').toString('base64')}`;
      const headers = { 'X-ClickHouse-User': 'analyst', 'X-ClickHouse-Key': 'secret' };
      expect((await post(secured.url, 'SELECT 1', {}, { Authorization: basic })).text).toBe('1\n');
      expect((await post(secured.url, 'SELECT 1', {}, headers)).text).toBe('1\n');
      expect((await post(secured.url, 'SELECT 1', { user: 'analyst', password: 'secret' })).text).toBe('1\n');
      expect(await post(secured.url, 'SELECT 1')).toMatchObject({ status: 403, code: 516 });
      expect(await post(secured.url, 'SELECT 1', { user: 'analyst' })).toMatchObject({
        status: 403,
        code: 516,
      });
      expect((await get(secured.url, '/ping')).status).toBe(200);
    } finally {
      await secured.stop();
    }
  });
});
