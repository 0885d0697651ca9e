import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { asOfKey, newEventId, packPosition } from '@millrace/events';
import { defineEntity, defineFeatureService, defineFeatureView } from '@millrace/feature-registry';
import { formatInstant, type Running, startTogether } from '@millrace/kernel';
import { connectClickHouse, openOfflineStore, physicalTable, rawTableName } from '@millrace/offline-store';
import { followDefinitions } from '@millrace/processing';
import { EventCodec } from '@millrace/event-log';
import { assertTestName, testStack, uniqueName } from '@millrace/testing';
import { registerForTest } from './testing/register.ts';
import { startTestServer } from './testing/start-test-server.ts';

const name = uniqueName('pinned');
const database = uniqueName('snapshots');
const airport = defineEntity({ name: `${name}_airport`, keys: { airport: 'string' }, owner: 'tests' });
const view = defineFeatureView({
  name,
  entity: airport,
  ttl: '1d',
  owner: 'tests',
  features: { delay: { type: 'double' }, flights: { type: 'int' } },
});
const service = defineFeatureService({
  name: `${name}_service`,
  owner: 'tests',
  views: [{ view, as: 'origin', features: ['delay', 'flights'], keys: { airport: 'from' } }],
});
const topic = `features.${name}`;
const noon = 980_942_400_000_000n; // 2001-01-31T12:00:00Z

function prepare() {
  return startTogether(async (starter) => {
    const { url, log, schemas } = await starter.start(() =>
      startTestServer({
        MILLRACE_CLICKHOUSE_DATABASE: database,
        MILLRACE_SPINE_MOST_MEBIBYTES: '16',
        MILLRACE_SNAPSHOT_WAIT_MS: '200',
      }),
    );
    await registerForTest([airport, view.definition, service.definition], log, schemas);
    const { clickhouse } = testStack();
    const client = await starter.start(() =>
      connectClickHouse({
        clickhouseUrl: clickhouse.url,
        clickhouseUser: clickhouse.user,
        clickhousePassword: clickhouse.password,
        clickhouseDatabase: database,
        clickhouseRequestTimeoutMs: 60_000,
        clickhouseMaxConnections: 4,
      }),
    );
    starter.onStop(async () => {
      await client.command({ query: `DROP DATABASE IF EXISTS ${assertTestName(database)}` });
    });
    const store = await openOfflineStore(client, { cluster: '' });
    const definitions = await starter.start(() =>
      followDefinitions(log, new EventCodec(schemas), (error) => {
        throw error;
      }),
    );
    await store.ensureView(definitions.catalog.view(name), 1);
    const rows = [
      { at: -3_600_000_000n, delay: 1.5, flights: 3 },
      { at: 0n, delay: 2.5, flights: null },
      { at: 1n, delay: 99, flights: 9 },
    ];
    await client.insert({
      table: physicalTable(rawTableName(name), 1),
      format: 'JSONEachRow',
      values: rows.map(({ at, ...values }, index) => ({
        event_id: newEventId(),
        event_time: formatInstant(noon + at),
        recorded_at: '2001-01-31T13:00:00Z',
        partition: 0,
        offset: index,
        as_of_key: String(
          asOfKey(noon + at, packPosition({ epoch: 0, partition: 0, offset: BigInt(index) })),
        ),
        airport: 'SFO',
        ...values,
      })),
    });
    const range = { topic, generation: 1, epoch: 0, partition: 0, firstOffset: 0n, lastOffset: 2n, rows: 3 };
    await store.recordApplied([
      { ...range, deadLetters: 0, minEventTime: noon, maxEventTime: noon, maxRecordedAt: noon },
    ]);
    return { url, client };
  });
}

let running: Running<Awaited<ReturnType<typeof prepare>>['value']>;
beforeAll(async () => {
  running = await prepare();
});
afterAll(() => running.stop());

const spine =
  'from,when,target\nSFO,2001-01-31T12:00:00Z,1\nLAX,2001-01-31T12:00:00Z,0\nSFO,2001-01-31T11:59:59.999999Z,1\n';

async function post(body: string, query: Readonly<Record<string, string>> = {}, type = 'text/csv') {
  const parameters = new URLSearchParams({ service: `${name}_service`, timeColumn: 'when', ...query });
  const url = `${running.value.url}/v1/snapshots${type === 'application/json' ? '' : `?${parameters.toString()}`}`;
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
  const answer = z.looseObject({ id: z.string().default('') }).parse(await response.json());
  return { status: response.status, location: response.headers.get('location'), body: answer };
}

const data = (id: string, format: string) =>
  fetch(`${running.value.url}/v1/snapshots/${id}/data?format=${format}`);

describe('training snapshots', () => {
  it('are pinned by POST and streamed by GET, in every format', async () => {
    const created = await post(spine);
    const { id } = created.body;
    expect(created).toMatchObject({
      status: 201,
      location: `/v1/snapshots/${id}`,
      body: {
        manifest: {
          id,
          rowCount: 3,
          vector: { [topic]: { 0: '2' } },
          featureService: { name: `${name}_service` },
        },
      },
    });
    const rows = (await (await data(id, 'ndjson')).text())
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(rows).toMatchObject([
      { from: 'SFO', origin__delay: 2.5, origin__flights: null },
      { from: 'LAX', origin__delay: null, origin__flights: null },
      { from: 'SFO', origin__delay: 1.5, origin__flights: 3 },
    ]);
    expect(await (await data(id, 'csv')).text()).toMatch(
      /^"from","when","target","origin__delay","origin__flights"\n"SFO"/,
    );
    const parquet = Buffer.from(await (await data(id, 'parquet')).arrayBuffer());
    expect([parquet.subarray(0, 4).toString(), parquet.subarray(-4).toString()]).toEqual(['PAR1', 'PAR1']);
    const arrow = await data(id, 'arrow');
    expect(arrow.headers.get('content-type')).toBe('application/vnd.apache.arrow.stream');
    expect(Buffer.from(await arrow.arrayBuffer()).readInt32LE(0)).toBe(-1);

    const got = await fetch(`${running.value.url}/v1/snapshots/${id}/manifest`);
    expect(await got.json()).toEqual(created.body['manifest']);
    const verified = await fetch(`${running.value.url}/v1/snapshots/${id}/verify`, { method: 'POST' });
    expect(await verified.json()).toEqual({ ok: true, differences: [] });
  });

  it('can leave out values of the very time of the row', async () => {
    const { body } = await post(spine, { strict: 'true' });
    const [first] = (await (await data(body.id, 'ndjson')).text()).split('\n');
    expect(JSON.parse(first ?? '')).toMatchObject({ origin__delay: 1.5 });
  });

  it.each([
    ['no such column', () => post(spine, { timeColumn: 'never' }), 400, 'REQUEST_INVALID', 'never'],
    ['a time without zone', () => post('from,when\nSFO,2001-01-31 12:00:00\n'), 422, 'TIME_INVALID', 'when'],
    ['no such service', () => post(spine, { service: 'nobody' }), 404, 'DEFINITION_UNKNOWN', 'nobody'],
    ['an unknown parameter', () => post(spine, { stricter: 'true' }), 400, 'REQUEST_INVALID', 'stricter'],
    [
      'a spine that is too large',
      () => post(`from,when\n${'SFO,2001-01-31T12:00:00Z\n'.repeat(800_000)}`),
      413,
      'BODY_TOO_LARGE',
      '16 MiB',
    ],
    [
      'knowledge that the store does not have',
      () =>
        post(
          JSON.stringify({
            service: `${name}_service`,
            positions: { [topic]: { 0: 99 } },
            labels: { model: 'm', name: 'l', from: '2001-01-01T00:00:00Z', until: '2001-02-01T00:00:00Z' },
          }),
          {},
          'application/json',
        ),
      504,
      'POSITIONS_NOT_REACHED',
      'offset 99',
    ],
    [
      'labels without a time',
      () =>
        post(
          JSON.stringify({ service: `${name}_service`, labels: { model: 'm', name: 'l', from: 'today' } }),
          {},
          'application/json',
        ),
      400,
      'REQUEST_INVALID',
      'labels.from',
    ],
  ])('are refused for %s', async (_, ask, status, code, detail) => {
    expect(await ask()).toMatchObject({ status, body: { code, detail: expect.stringContaining(detail) } });
  });

  it('are unknown by another id', async () => {
    const response = await data('nobody', 'csv');
    expect([response.status, await response.json()]).toMatchObject([404, { code: 'SNAPSHOT_UNKNOWN' }]);
  });

  it('do not verify once the store gives other rows', async () => {
    const { body } = await post(spine);
    await running.value.client.command({ query: `TRUNCATE TABLE ${physicalTable(rawTableName(name), 1)}` });
    const verified = await fetch(`${running.value.url}/v1/snapshots/${body.id}/verify`, { method: 'POST' });
    expect(await verified.json()).toMatchObject({
      ok: false,
      differences: [expect.stringContaining('content hash')],
    });
  });
});
