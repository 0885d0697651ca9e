import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';
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

/** The bytes as they come, which fetch would decode. */
async function raw(parameters: Record<string, string>, acceptEncoding: string, query: string) {
  const sent = request(`${url}/?${new URLSearchParams(parameters).toString()}`, {
    method: 'POST',
    headers: { 'Accept-Encoding': acceptEncoding },
  });
  sent.end(query);
  const [response]: IncomingMessage[] = await once(sent, 'response');
  if (!response) throw new Error('no response');
  return { body: await buffer(response), encoding: response.headers['content-encoding'] };
}

describe('compressed answers', () => {
  it.each([
    ['gzip', gunzipSync],
    ['deflate', inflateSync],
    ['br', brotliDecompressSync],
    ['zstd', zstdDecompressSync],
  ])('are sent as %s when the client asks', async (encoding, decompress) => {
    const parameters = { enable_http_compression: '1' };
    for (const query of ['SELECT number FROM numbers(200000)', 'SHOW FUNCTIONS']) {
      const plain = await raw({}, encoding, query);
      const compressed = await raw(parameters, encoding, query);
      expect(plain.encoding).toBeUndefined();
      expect(compressed.encoding).toBe(encoding);
      expect(compressed.body.length).toBeLessThan(plain.body.length);
      expect(decompress(compressed.body).equals(plain.body)).toBe(true);
    }
  });

  it('take the best of what is offered, and none that is ruled out or unknown', async () => {
    const encodingFor = async (offer: string) =>
      (await raw({ enable_http_compression: '1' }, offer, 'SELECT 1')).encoding;
    expect(await encodingFor('deflate, gzip, br;q=0.5')).toBe('br');
    expect(await encodingFor('zstd;q=0, gzip')).toBe('gzip');
    expect(await encodingFor('lz4, snappy')).toBeUndefined();
  });

  it('do not hide an error', async () => {
    const reply = await post(
      url,
      'SELECT nope',
      { enable_http_compression: '1' },
      { 'Accept-Encoding': 'gzip' },
    );
    expect(reply).toMatchObject({ status: 404, code: 47 });
    expect(reply.text).toContain('UNKNOWN_IDENTIFIER');
  });
});

describe('compressed requests', () => {
  const rows = Buffer.from(Array.from({ length: 50_000 }, (_, index) => `${index}\n`).join(''));
  const halves = [rows.subarray(0, 100_000), rows.subarray(100_000)];

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ])('are taken as %s, and refused when cut off', async (encoding, compress) => {
    const table = uniqueName('t');
    await post(url, `CREATE TABLE ${table} (a UInt64) ENGINE = Memory`);
    const query = { query: `INSERT INTO ${table} FORMAT TSV` };
    const headers = { 'Content-Encoding': encoding };
    const whole = compress(rows);
    expect((await post(url, whole, query, headers)).summary['written_rows']).toBe(50_000);
    expect(await post(url, whole.subarray(0, -10), query, headers)).toMatchObject({ status: 500, code: 33 });
    expect((await post(url, compress(Buffer.from('SELECT 1')), {}, headers)).text).toBe('1\n');
    expect((await post(url, `SELECT count(), sum(a) FROM ${table}`)).text).toBe('50000\t1249975000\n');
  });

  it.each([
    ['gzip', gzipSync, 200],
    ['zstd', zstdCompressSync, 200],
    ['deflate', deflateSync, 500],
    ['br', brotliCompressSync, 500],
  ])('of two %s streams lose nothing without a word', async (encoding, compress, status) => {
    const table = uniqueName('t');
    await post(url, `CREATE TABLE ${table} (a UInt64) ENGINE = Memory`);
    const body = Buffer.concat(halves.map((half) => compress(half)));
    const reply = await post(
      url,
      body,
      { query: `INSERT INTO ${table} FORMAT TSV` },
      { 'Content-Encoding': encoding },
    );
    expect(reply.status).toBe(status);
    expect((await post(url, `SELECT count() FROM ${table}`)).text).toBe(status === 200 ? '50000\n' : '0\n');
  });

  it('say with 501 which encoding is not spoken', async () => {
    const reply = await post(url, 'x', {}, { 'Content-Encoding': 'snappy' });
    expect(reply).toMatchObject({ status: 501, code: 48 });
  });
});
