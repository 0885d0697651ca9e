import { connect } from 'node:net';
import { readdir } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
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

const rows = `SELECT number AS id, concat('naïve \\n', toString(number)) AS name,
  if(number % 3 = 0, NULL, number / 7) AS ratio, toDateTime64(number * 1.000001, 6, 'UTC') AS at,
  arrayMap(i -> toFloat32(i), range(number % 4)) AS list FROM numbers(1000)`;

async function newTable(): Promise<string> {
  const table = uniqueName('t');
  const columns =
    "id UInt64, name String, ratio Nullable(Float64), at DateTime64(6, 'UTC'), list Array(Float32)";
  await post(url, `CREATE TABLE ${table} (${columns}) ENGINE = MergeTree ORDER BY id`);
  return table;
}

async function query(sql: string): Promise<string> {
  const reply = await post(url, sql);
  if (reply.status !== 200) throw new Error(reply.text);
  return reply.text;
}

const contentHash = (source: string) => query(`SELECT count(), sum(cityHash64(*)) FROM (${source})`);

describe('inserts', () => {
  it.each([
    'JSONEachRow',
    'JSONCompactEachRow',
    'JSONCompactEachRowWithNamesAndTypes',
    'CSV',
    'CSVWithNames',
    'TabSeparated',
    'TabSeparatedWithNamesAndTypes',
    'Values',
    'RowBinary',
    'RowBinaryWithNamesAndTypes',
    'Native',
    'Parquet',
    'Arrow',
    'ArrowStream',
    'ORC',
    'Avro',
    'MsgPack',
    'BSONEachRow',
  ])('take %s, statement in the URL or in front of the rows', async (format) => {
    const table = await newTable();
    const response = await fetch(`${url}/`, { method: 'POST', body: `${rows} FORMAT ${format}` });
    const bytes = Buffer.from(await response.arrayBuffer());
    const inUrl = await post(url, bytes, { query: `INSERT INTO ${table} FORMAT ${format}` });
    expect(inUrl).toMatchObject({ status: 200, text: '' });
    expect(inUrl.summary['written_rows']).toBe(1000);
    expect(await contentHash(`SELECT * FROM ${table}`)).toBe(await contentHash(rows));
    const inBody = Buffer.concat([Buffer.from(`INSERT INTO ${table} FORMAT ${format}\n`), bytes]);
    expect((await post(url, inBody)).status).toBe(200);
    expect(await query(`SELECT count() FROM ${table}`)).toBe('2000\n');
  });

  it('take any bytes right behind the statement', async () => {
    const table = uniqueName('t');
    await query(`CREATE TABLE ${table} (a UInt8) ENGINE = Memory`);
    const statement = `INSERT INTO ${table} FORMAT RowBinary`;
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const leading = Uint8Array.from([10, 32, 9, 59, 0, 10]);
    await post(url, bytes, { query: statement });
    await post(url, Buffer.concat([Buffer.from(`${statement}\n`), leading]));
    await post(url, leading, { query: statement });
    expect(await query(`SELECT count(), sum(a) FROM ${table}`)).toBe(`268\t${255 * 128 + 240}\n`);
  });

  it('take VALUES with expressions and parameters, settings, and columns with defaults', async () => {
    const table = uniqueName('t');
    await query(
      `CREATE TABLE ${table} (a Int64, b String DEFAULT 'd', c Int64 DEFAULT a * 2) ENGINE = Memory`,
    );
    await post(url, `INSERT INTO ${table} (a, b) VALUES (1 + 1, upper('x')), ({n:Int64}, 'FORMAT; --')`, {
      param_n: '9',
    });
    await post(
      url,
      `INSERT INTO ${table} (a) SETTINGS input_format_csv_skip_first_lines = 1 FORMAT CSV\nskipped\n5\n`,
    );
    await post(url, '{"a":6,"unknown":1}', {
      query: `INSERT INTO ${table} (* EXCEPT(c)) FORMAT JSONEachRow`,
      input_format_skip_unknown_fields: '1',
    });
    expect(await query(`SELECT * FROM ${table} ORDER BY a`)).toBe(
      '2\tX\t4\n5\td\t10\n6\td\t12\n9\tFORMAT; --\t18\n',
    );
  });

  it('take INSERT SELECT and input()', async () => {
    const table = uniqueName('t');
    await query(`CREATE TABLE ${table} (a Int64, b String) ENGINE = Memory`);
    await query(`INSERT INTO ${table} SELECT number, 'n' FROM numbers(2)`);
    await post(url, '10,x\n11,\n', {
      query: `INSERT INTO ${table} SELECT a * 2, upper(b) FROM input('a Int64, b String') WHERE b != '' FORMAT CSV`,
    });
    expect(await query(`SELECT * FROM ${table} ORDER BY a`)).toBe('0\tn\n1\tn\n20\tX\n');
  });

  it('say what is wrong, and insert nothing then', async () => {
    const table = await newTable();
    const insert = (format: string) => ({ query: `INSERT INTO ${table} FORMAT ${format}` });
    expect(await post(url, '{"id": 1}\n{"id": "x"}\n', insert('JSONEachRow'))).toMatchObject({
      status: 400,
      code: 27,
    });
    expect((await post(url, Uint8Array.from([1, 2, 3]), insert('RowBinary'))).status).not.toBe(200);
    expect(await post(url, 'x', insert('Nope'))).toMatchObject({ status: 404, code: 73 });
    expect(await post(url, 'x', { query: 'INSERT INTO nope FORMAT CSV' })).toMatchObject({
      status: 404,
      code: 60,
    });
    expect(await query(`SELECT count() FROM ${table}`)).toBe('0\n');
  });

  it('make one part of 200,000 rows', async () => {
    const table = uniqueName('t');
    await query(`CREATE TABLE ${table} (a UInt64, b String) ENGINE = MergeTree ORDER BY a`);
    const text = Array.from({ length: 200_000 }, (_, index) => `[${index},"${'value'.repeat(20)}"]`).join(
      '\n',
    );
    await post(url, text, { query: `INSERT INTO ${table} FORMAT JSONCompactEachRow` });
    expect(await query(`SELECT name, rows FROM system.parts WHERE table = '${table}' AND active`)).toBe(
      'all_1_1_0\t200000\n',
    );
  });

  it.each([
    ['with a length', 'Content-Length: 100000000', (text: string) => text],
    [
      'in chunks',
      'Transfer-Encoding: chunked',
      (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`,
    ],
  ])('never insert half a body %s', async (_, header, encode) => {
    const table = uniqueName('t');
    await query(`CREATE TABLE ${table} (a UInt64) ENGINE = MergeTree ORDER BY a`);
    const path = `/?query=${encodeURIComponent(`INSERT INTO ${table} FORMAT TSV`)}`;
    const socket = connect(endpoint.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n${encode('1\n2\n3\n'.repeat(200_000))}`,
    );
    // The rows are on disk when the client leaves, so there would be something to insert.
    await expect.poll(() => spooledFiles()).not.toEqual([]);
    socket.destroy();
    await expect.poll(() => spooledFiles()).toEqual([]);
    expect(await query(`SELECT count() FROM ${table}`)).toBe('0\n');
  });

  it('run beside each other and beside queries', async () => {
    const table = await newTable();
    const inserts = Array.from({ length: 24 }, (_, index) =>
      post(url, `INSERT INTO ${table} (id, name) FORMAT CSV\n${`${index},x\n`.repeat(500)}`),
    );
    const queries = Array.from({ length: 24 }, () => post(url, 'SELECT sum(number) FROM numbers(100000)'));
    const replies = await Promise.all([...inserts, ...queries]);
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 48 }, () => 200));
    expect(await query(`SELECT count(), sum(id) FROM ${table}`)).toBe(`12000\t${500 * 276}\n`);
  });
});

function spooledFiles(): Promise<string[]> {
  return readdir(join(endpoint.dataDirectory, 'spool'));
}
