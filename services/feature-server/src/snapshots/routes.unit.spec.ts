import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { Registry } from 'prom-client';
import { Catalog } from '@millrace/feature-registry';
import type { Snapshots } from '@millrace/offline-store';
import { createHttpApp, createLogger, listen } from '@millrace/telemetry';
import { snapshotMetrics } from './metrics.ts';
import { addSnapshotRoutes } from './routes.ts';

const manifest: NonNullable<Awaited<ReturnType<Snapshots['manifest']>>> = {
  id: 'one',
  createdAt: '2001-01-31T12:00:00.000000Z',
  featureService: { name: 'late', hash: '' },
  definitionsHash: '',
  schemaIds: {},
  vector: {},
  strict: false,
  views: [],
  spine: { source: { format: 'csv' }, table: 't', timeColumn: 'when', columns: [], hash: '' },
  timeBounds: null,
  rowCount: 2,
  columns: [],
  contentHash: '',
};

async function* failsHalfWay(): AsyncGenerator<Buffer> {
  yield Buffer.from('{"a":1}\n');
  await new Promise((turn) => setImmediate(turn));
  throw new Error('the query was killed');
}

/** Snapshots whose data end as they are told to. */
function snapshotsWith(data: () => Readable): Snapshots {
  const never = () => Promise.reject(new Error('not part of this test'));
  return {
    create: never,
    verify: never,
    manifest: () => Promise.resolve(manifest),
    data: () => Promise.resolve(data()),
  };
}

async function fetchData(data: () => Readable): Promise<string> {
  const metrics = new Registry();
  const app = createHttpApp({ logger: createLogger('test', 'silent'), metrics, problems: () => [] });
  addSnapshotRoutes(app, {
    snapshots: snapshotsWith(data),
    catalog: new Catalog(),
    metrics: snapshotMetrics(metrics),
    mostMebibytes: 1,
  });
  const { value, stop } = await listen(app, { host: '127.0.0.1', port: 0 });
  try {
    const response = await fetch(`http://127.0.0.1:${value.port}/v1/snapshots/one/data?format=ndjson`);
    expect(response.status).toBe(200);
    return await response.text();
  } finally {
    await stop();
  }
}

it('streams a snapshot that is whole', async () => {
  expect(await fetchData(() => Readable.from([Buffer.from('{"a":1}\n')]))).toBe('{"a":1}\n');
});

it('breaks the connection when the rows fail half-way, so that it does not look whole', async () => {
  await expect(fetchData(() => Readable.from(failsHalfWay()))).rejects.toThrow('terminated');
});
