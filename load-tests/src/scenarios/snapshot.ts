import { makeVector, Table, TimestampMillisecond, tableToIPC, vectorFromArray } from 'apache-arrow';
import { z } from 'zod';
import type { Bench } from '../bench.ts';
import { plainJoinSeconds } from '../limits/bare-clickhouse.ts';
import { percentiles } from '../measure.ts';
import { ENTITIES, ROWS_PER_ENTITY } from '../rows.ts';
import type { Measurement, Scenario } from '../scenario.ts';

const RUNS = 5;
const SPAN_MS = ROWS_PER_ENTITY * 3_600_000;
const START = Date.UTC(2025, 0, 1);

/** 100 k labels × 5 views of 200 k rows and 10 features, as Arrow over HTTP: the data of a pinned snapshot. */
export const snapshot100k: Scenario = { name: 'snapshot-100k', run: (bench) => measure(bench, 100_000) };
/** The same with 1 M labels. */
export const snapshot1m: Scenario = { name: 'snapshot-1m', run: (bench) => measure(bench, 1_000_000) };

async function measure(bench: Bench, labels: number): Promise<Measurement> {
  await bench.history();
  const { id, seconds: pinned } = await pin(bench, labels);
  await download(bench, id, labels);
  const seconds: number[] = [];
  for (let run = 0; run < RUNS; run++) seconds.push(await download(bench, id, labels));
  const { p50, p99 } = percentiles(seconds);
  const limit = await plainJoinSeconds(bench, labels, RUNS);
  return {
    rate: labels / p50,
    p50: p50 * 1_000,
    p99: p99 * 1_000,
    limit: { name: 'bare-clickhouse-asof', rate: labels / limit },
    details: { labels, runs: RUNS, pinSeconds: pinned, dataSeconds: p50, limitSeconds: limit },
  };
}

/** A spine as an Arrow stream. */
export function spine(labels: number): Uint8Array {
  const users = new BigInt64Array(labels);
  const times: number[] = [];
  for (let i = 0; i < labels; i++) {
    users[i] = BigInt((i * 7_919) % ENTITIES);
    times.push(START + ((i * 104_729) % SPAN_MS));
  }
  const columns = {
    user_id: makeVector(users),
    event_time: vectorFromArray(times, new TimestampMillisecond('UTC')),
  };
  return tableToIPC(new Table(columns), 'stream');
}

async function pin(bench: Bench, labels: number): Promise<{ readonly id: string; readonly seconds: number }> {
  const body = spine(labels);
  const started = performance.now();
  const answer = await bench.featureServer.request({
    method: 'POST',
    path: '/v1/snapshots?service=bench_service&timeColumn=event_time',
    headers: { 'content-type': 'application/vnd.apache.arrow.stream' },
    body,
    headersTimeout: 600_000,
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 201) throw new Error(`no snapshot: ${answer.statusCode} ${text.slice(0, 500)}`);
  const { id } = z.object({ id: z.string() }).parse(JSON.parse(text));
  return { id, seconds: (performance.now() - started) / 1_000 };
}

async function download(bench: Bench, id: string, labels: number): Promise<number> {
  const started = performance.now();
  const path = `/v1/snapshots/${id}/data?format=arrow`;
  const answer = await bench.featureServer.request({ method: 'GET', path, headersTimeout: 600_000 });
  let bytes = 0;
  for await (const chunk of answer.body) bytes += z.instanceof(Buffer).parse(chunk).length;
  if (answer.statusCode !== 200 || bytes < labels * 50)
    throw new Error(`a short snapshot: ${bytes} bytes for ${labels} labels`);
  return (performance.now() - started) / 1_000;
}
