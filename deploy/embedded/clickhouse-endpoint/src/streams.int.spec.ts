import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { constants, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type EndpointProcess, startEndpointProcess } from './testing/endpoint-process.ts';
import { post } from './testing/request.ts';

let endpoint: EndpointProcess;
let url: string;

beforeAll(async () => {
  endpoint = await startEndpointProcess();
  url = endpoint.url;
});
afterAll(() => endpoint.stop());

// One thread, so that the order of the rows is given; without what depends on the time taken.
const million = `SELECT toUInt32(number) AS id, if(number % 7 = 0, NULL, number % 97) AS value FROM numbers(1000000)
  SETTINGS max_threads = 1, output_format_write_statistics = 0, output_format_pretty_squash_consecutive_ms = 0`;

const singleAnswer = z.object({
  format: z.string(),
  hash: z.string().optional(),
  error: z.number().optional(),
});

/** Formats whose bytes differ from one run to the next: a random marker, or the progress over time. */
const isUnsteady = (format: string) => format === 'Avro' || format.endsWith('WithProgress');

/** Other names of formats, which need not be tried again with 1 M rows. */
const isAlias = (format: string) =>
  /^(TSV|Raw|JSONL$|JSONLines$|NDJSON$|MD$|PrettyNDJSON$|PrettyJSONLines$)/.test(format);

/** The engine goes on with the next format while the one before is compared. */
async function* singleAnswers(formats: readonly string[]) {
  const script = join(import.meta.dirname, 'testing', 'single-answers.ts');
  const child = spawn(process.execPath, [script, million, ...formats], {
    env: { ...process.env, TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout)) yield singleAnswer.parse(JSON.parse(line));
}

async function streamed(parameters: Record<string, string>, query: string) {
  const response = await fetch(`${url}/?${new URLSearchParams(parameters).toString()}`, {
    method: 'POST',
    body: query,
  });
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  const code = response.headers.get('x-clickhouse-exception-code');
  return { hash: hash.digest('hex'), bytes, error: code === null ? undefined : Number(code) };
}

/** What a client gets before the connection is closed on it; fetch would keep the last bytes to itself. */
async function cutOff(query: string, encoding: string) {
  const sent = request(`${url}/?enable_http_compression=1`, {
    method: 'POST',
    headers: { 'Accept-Encoding': encoding },
  });
  sent.end(query);
  const [response]: IncomingMessage[] = await once(sent, 'response');
  if (!response) throw new Error('no response');
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('error', () => undefined);
  await new Promise((resolve) => response.once('close', resolve));
  return {
    status: response.statusCode,
    body: Buffer.concat(chunks),
    isWhole: response.complete,
    tag: String(response.headers['x-clickhouse-exception-tag']),
  };
}

async function running(): Promise<number> {
  const reply = await post(
    url,
    "SELECT count() FROM system.processes WHERE query NOT LIKE '%system.processes%'",
  );
  return Number(reply.text);
}

describe('streamed results', () => {
  it("equal the engine's single answer at 1 M rows in every format", { timeout: 240_000 }, async () => {
    const all = await post(url, 'SELECT name FROM system.formats WHERE is_output ORDER BY name');
    const formats = all.text.split('\n').filter((name) => name !== '' && !isAlias(name) && !isUnsteady(name));
    const different: string[] = [];
    let equal = 0;
    for await (const { format, hash, error } of singleAnswers(formats)) {
      const actual = await streamed({ default_format: format }, million);
      if (error === undefined ? actual.hash !== hash : actual.error !== error) different.push(format);
      else if (error === undefined) equal += 1;
    }
    expect(different).toEqual([]);
    expect(equal).toBeGreaterThan(55);
  });

  it('have the same rows also where the bytes differ from run to run', async () => {
    const avro = await fetch(`${url}/?default_format=Avro`, { method: 'POST', body: million });
    await post(url, 'CREATE TABLE copy (id UInt32, value Nullable(UInt8)) ENGINE = Memory');
    await post(url, Buffer.from(await avro.arrayBuffer()), { query: 'INSERT INTO copy FORMAT Avro' });
    const sum = 'SELECT count(), sum(cityHash64(*)) FROM';
    expect((await post(url, `${sum} copy`)).text).toBe((await post(url, `${sum} (${million})`)).text);

    const progress = await post(url, million, { default_format: 'JSONEachRowWithProgress' });
    const rows = progress.text.split('\n').flatMap((line) => /^\{"row":(.*)\}$/.exec(line)?.[1] ?? []);
    const plain = await post(url, million, { default_format: 'JSONEachRow' });
    expect(`${rows.join('\n')}\n`).toBe(plain.text);
  });

  it.each(['TSV', 'ArrowStream', 'Parquet', 'JSONEachRow', 'Native'])(
    'of %s come before the query has ended',
    async (format) => {
      const abort = new AbortController();
      const response = await fetch(`${url}/?default_format=${format}`, {
        method: 'POST',
        body: 'SELECT number, toString(number) FROM numbers(1e11)',
        signal: abort.signal,
      });
      expect(response.status).toBe(200);
      abort.abort();
      await expect.poll(running).toBe(0);
    },
  );

  it('take little memory, however large they are and however slowly they are read', async () => {
    const rss = async () => {
      const status = await readFile(`/proc/${endpoint.pid}/status`, 'utf8').catch(() => 'VmRSS: 0 kB');
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
    };
    const query = "SELECT repeat('x', 1000) FROM numbers(500000) SETTINGS max_block_size = 1000";
    const before = await rss();
    let most = before;
    let bytes = 0;
    let checkedAt = 0;
    const response = await fetch(url, { method: 'POST', body: query });
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes - checkedAt < 50_000_000) continue;
      checkedAt = bytes;
      most = Math.max(most, await rss());
    }
    expect(bytes).toBe(500_500_000);
    expect(Math.max(most, await rss()) - before).toBeLessThan(300);
  });

  it('that fail half-way do not look like a success', async () => {
    const query = 'SELECT number, throwIf(number = 3000000) FROM numbers(10000000) SETTINGS max_threads = 1';
    for (const encoding of ['identity', 'gzip']) {
      const { status, body, isWhole, tag } = await cutOff(query, encoding);
      expect(status).toBe(200);
      expect(isWhole).toBe(false);
      const text = encoding === 'gzip' ? gunzipSync(body, { finishFlush: constants.Z_SYNC_FLUSH }) : body;
      expect(text.toString('latin1').slice(-1000)).toMatch(
        new RegExp(
          `\\r\\n__exception__\\r\\n${tag}\\r\\nCode: 395\\..*\\n\\d+ ${tag}\\r\\n__exception__\\r\\n$`,
          's',
        ),
      );
    }
    const waited = await post(url, query, { wait_end_of_query: '1' });
    expect(waited).toMatchObject({ status: 500, code: 395 });
  });
});

describe('a client that leaves', () => {
  it.each([
    ['before the first byte', 'SELECT count() FROM numbers(1e13) WHERE sipHash64(number) = 1'],
    ['in the middle', 'SELECT number FROM numbers(1e13)'],
    [
      'during an INSERT SELECT',
      "INSERT INTO FUNCTION null('n UInt64') SELECT sipHash64(number) FROM numbers(1e13)",
    ],
  ])('%s kills its query', async (_, query) => {
    const abort = new AbortController();
    const id = `leaving-${_}`;
    const request = fetch(`${url}/?query_id=${id}`, { method: 'POST', body: query, signal: abort.signal });
    await expect.poll(running).toBe(1);
    abort.abort();
    await request.catch(() => undefined);
    await expect.poll(running).toBe(0);
  });

  it('can be made to leave by another, with KILL QUERY and the query id', async () => {
    const request = post(url, 'SELECT count() FROM numbers(1e13) WHERE sipHash64(number) = 1', {
      query_id: 'to kill',
    });
    await expect.poll(running).toBe(1);
    await post(url, "KILL QUERY WHERE query_id = 'another' ASYNC");
    expect(await running()).toBe(1);
    await post(url, "KILL QUERY WHERE query_id = 'to kill' ASYNC");
    expect(await request).toMatchObject({ status: 500, code: 394 });
  });

  it('leaves room for others: pipes and places come back', async () => {
    for (let round = 0; round < 3; round += 1) {
      const aborts = Array.from({ length: 20 }, () => new AbortController());
      const left = aborts.map(({ signal }) =>
        fetch(url, { method: 'POST', body: 'SELECT number FROM numbers(1e12)', signal }),
      );
      await Promise.all(left);
      for (const abort of aborts) abort.abort();
    }
    const replies = await Promise.all(
      Array.from({ length: 60 }, () => post(url, 'SELECT number FROM numbers(3)')),
    );
    expect(new Set(replies.map(({ text }) => text))).toEqual(new Set(['0\n1\n2\n']));
  });
});
