import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ClickHouseClient } from '@clickhouse/client';
import { startServices } from '@millrace/embedded';
import { KeyCodec, namedEventId } from '@millrace/events';
import { type Running, startTogether } from '@millrace/kernel';
import { connectClickHouse } from '@millrace/offline-store';
import { connectRedisOnlineStore, type OnlineStore } from '@millrace/online-store';
import { testStack, uniqueName } from '@millrace/testing';
import { featureBodies, ndjson } from './testing/feature-bodies.ts';
import {
  airport,
  answered,
  departures,
  eventTime,
  path,
  post,
  recordAt,
  startTestGateway,
  topic,
  useGateway,
} from './testing/gateway-fixture.ts';

interface Stores {
  readonly client: ClickHouseClient;
  readonly online: OnlineStore;
}

const WAIT = { timeout: 90_000, interval: 300 };
const PRODUCER = 'ops-app';
const gateway = useGateway();
let running: Running<Stores>;

beforeAll(async () => {
  running = await startTogether(async (starter) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-idempotency-'));
    starter.onStop(() => rm(folder, { recursive: true, force: true }));
    const { clickhouse, redis } = testStack();
    await starter.start(() =>
      startServices(testStack(), { folder, services: ['online-projector', 'offline-projector'] }),
    );
    const client = await starter.start(() =>
      connectClickHouse({
        clickhouseUrl: clickhouse.url,
        clickhouseUser: clickhouse.user,
        clickhousePassword: clickhouse.password,
        clickhouseDatabase: clickhouse.database,
        clickhouseRequestTimeoutMs: 60_000,
        clickhouseMaxConnections: 4,
      }),
    );
    const online = await starter.start(() => connectRedisOnlineStore({ url: redis.url }));
    return { client, online };
  });
});
afterAll(() => running.stop());

async function rows(query: string): Promise<unknown[]> {
  const answer = await running.value.client.query({ query, format: 'JSONEachRow' });
  return answer.json();
}

/** Sends a request to an instance, to another one, and to one that was started later; each time as if it were new. */
async function sendEverywhere(
  route: string,
  bodies: readonly (string | Uint8Array | object)[],
  headers: Readonly<Record<string, string>>,
  status = 200,
): Promise<void> {
  const other = await startTestGateway();
  for (const url of [gateway().url, gateway().url, other.value]) {
    for (const body of bodies) await answered(await post(url + route, body, headers), status);
  }
  await other.stop();
  const restarted = await startTestGateway();
  for (const body of bodies) await answered(await post(restarted.value + route, body, headers), status);
  await restarted.stop();
}

it.each(Object.entries(featureBodies))(
  'a call with rows as %s has its effects once, on whichever instance and however often',
  async (type, bodyOf) => {
    const key = uniqueName('key');
    const codes = ['a', 'b', 'c'].map((code) => uniqueName(code));
    const headers = { 'content-type': type, 'idempotency-key': key, 'x-millrace-producer': PRODUCER };
    await sendEverywhere(path, [bodyOf(codes)], headers);
    const ids = codes.map((_, row) => namedEventId(PRODUCER, key, String(row)));
    const list = codes.map((code) => `'${code}'`).join(', ');
    const table = `features_${departures.definition.name}`;
    await vi.waitFor(
      async () =>
        expect(
          await rows(`SELECT uniqExact(partition, offset)::UInt32 AS records, uniqExact(event_id)::UInt32 AS ids
            FROM ${table}_raw WHERE airport IN (${list})`),
        ).toEqual([{ records: 12, ids: 3 }]),
      WAIT,
    );
    expect(
      await rows(`SELECT event_id, mean_delay FROM ${table} WHERE airport IN (${list}) ORDER BY mean_delay`),
    ).toEqual(ids.map((id, index) => ({ event_id: id, mean_delay: index })));
    const codec = new KeyCodec(airport.keys);
    const { name } = departures.definition;
    const reads = codes.map((code) => ({
      entity: airport.name,
      key: codec.encode({ airport: code }),
      views: [name],
    }));
    await vi.waitFor(async () => {
      const found = await running.value.online.read(reads);
      expect(found.flat().map((row) => row?.eventId)).toEqual(ids);
    }, WAIT);
  },
);

const bodies = {
  'application/json': (lines: readonly object[]) => ({ rows: lines }),
  'application/x-ndjson': ndjson,
};

it.each(Object.entries(bodies))('predictions and labels as %s count once', async (type, bodyOf) => {
  const key = uniqueName('key');
  const model = uniqueName('model');
  const headers = { 'content-type': type, 'idempotency-key': key, 'x-millrace-producer': PRODUCER };
  // Without times and ids of their own: what the gateway fills in must not tell the calls apart.
  const prediction = { model, modelVersion: '1', entityKey: { airport: 'SFO' }, output: { value: 1 } };
  await sendEverywhere('/v1/predictions', [bodyOf([prediction, prediction])], headers);
  const ids = [0, 1].map((row) => namedEventId(PRODUCER, key, String(row)));
  const labels = ids.map((predictionId) => ({ predictionId, name: 'late', value: true }));
  const labelKey = { ...headers, 'idempotency-key': `${key}-labels` };
  await sendEverywhere('/v1/labels', [bodyOf(labels)], labelKey);
  await vi.waitFor(
    async () =>
      expect(
        await rows(`SELECT uniqExact(partition, offset)::UInt32 AS records FROM labels_raw
          WHERE prediction_id IN ('${ids.join("','")}')`),
      ).toEqual([{ records: 8 }]),
    WAIT,
  );
  await vi.waitFor(
    async () =>
      expect(
        await rows(`SELECT prediction_id FROM predictions WHERE model = '${model}' ORDER BY prediction_id`),
      ).toEqual(ids.toSorted().map((id) => ({ prediction_id: id }))),
    WAIT,
  );
  expect(
    await rows(
      `SELECT prediction_id FROM labels WHERE prediction_id IN ('${ids.join("','")}') ORDER BY prediction_id`,
    ),
  ).toEqual(ids.toSorted().map((id) => ({ prediction_id: id })));
});

it('a call that was partly accepted is mended and sent again, whole, with its key', async () => {
  const key = uniqueName('key');
  const headers = { 'idempotency-key': key, 'x-millrace-producer': PRODUCER };
  const codes = ['a', 'b', 'c'].map((code) => uniqueName(code));
  const body = (second: object) => ({
    rows: codes.map((code, index) => ({ airport: code, eventTime, ...(index === 1 ? second : {}) })),
  });
  const url = gateway().url + path;
  await answered(await post(url, body({ departures: 'many' }), headers), 207);
  await answered(await post(url, body({ departures: 'many' }), headers), 207);
  await answered(await post(url, body({ departures: 7 }), headers), 200);
  const list = codes.map((code) => `'${code}'`).join(', ');
  const select = `FROM features_${departures.definition.name}`;
  await vi.waitFor(
    async () =>
      expect(
        await rows(
          `SELECT uniqExact(partition, offset)::UInt32 AS records ${select}_raw WHERE airport IN (${list})`,
        ),
      ).toEqual([{ records: 7 }]),
    WAIT,
  );
  expect(
    await rows(`SELECT airport, departures ${select} WHERE airport IN (${list}) ORDER BY airport`),
  ).toEqual([
    { airport: codes[0], departures: null },
    { airport: codes[1], departures: 7 },
    { airport: codes[2], departures: null },
  ]);
});

it('other rows under a key that was used are refused; where that is not known, the first that Kafka took count', async () => {
  const headers = { 'idempotency-key': uniqueName('key'), 'x-millrace-producer': PRODUCER };
  const model = uniqueName('model');
  const prediction = { model, modelVersion: '1', entityKey: { airport: 'SFO' } };
  const route = '/v1/predictions';
  const send = async (url: string, values: readonly number[], status: number) => {
    const body = values.map((value) => ({ ...prediction, output: { value } }));
    return answered(await post(url + route, body, headers), status);
  };
  const { url } = gateway();
  await send(url, [1], 200);
  expect((await send(url, [2, 3], 207)).rejected).toMatchObject([
    { index: 0, code: 'IDEMPOTENCY_KEY_REUSED' },
  ]);
  expect((await send(url, [3], 422)).rejected).toMatchObject([{ index: 0, code: 'IDEMPOTENCY_KEY_REUSED' }]);
  const other = await startTestGateway();
  await send(other.value, [4, 3], 200);
  await other.stop();
  await vi.waitFor(
    async () =>
      expect(
        await rows(
          `SELECT uniqExact(partition, offset)::UInt32 AS records FROM predictions_raw WHERE model = '${model}'`,
        ),
      ).toEqual([{ records: 4 }]),
    WAIT,
  );
  expect(
    await rows(`SELECT output_value AS value FROM predictions WHERE model = '${model}' ORDER BY value`),
  ).toEqual([{ value: 1 }, { value: 3 }]);
});

it('an event that a producer sent again much later, to other partitions, changes nothing in either store', async () => {
  const { log, url } = gateway();
  const code = uniqueName('code');
  const sent = [];
  for (const row of [{ mean_delay: 1 }, { mean_delay: 2 }, { deleted: true }]) {
    const answer = await answered(await post(url + path, { airport: code, eventTime, ...row }), 200);
    sent.push(await recordAt(gateway(), answer, topic));
  }
  const copies = sent.slice(0, 2).flatMap(({ key, value, partition }) =>
    [1, 2].map((step) => ({
      topic,
      partition: (partition + step) % 8,
      key,
      value,
      replayOf: namedEventId('another partitioner'),
    })),
  );
  const places = await log.append(copies);
  const { online } = running.value;
  const positions: Record<string, bigint> = {};
  for (const { partition, offset } of places) {
    const known = positions[String(partition)] ?? -1n;
    positions[String(partition)] = offset > known ? offset : known;
  }
  expect(await online.waitFor({ [topic]: positions }, WAIT.timeout)).toBe(true);
  const reads = [
    {
      entity: airport.name,
      key: new KeyCodec(airport.keys).encode({ airport: code }),
      views: [departures.definition.name],
    },
  ];
  const [[found] = []] = await online.read(reads);
  expect(found).toMatchObject({ value: null });
  const table = `features_${departures.definition.name}`;
  await vi.waitFor(
    async () =>
      expect(
        await rows(
          `SELECT uniqExact(partition, offset)::UInt32 AS records FROM ${table}_raw WHERE airport = '${code}'`,
        ),
      ).toEqual([{ records: 7 }]),
    WAIT,
  );
  expect(
    await rows(
      `SELECT mean_delay, deleted FROM ${table} WHERE airport = '${code}' ORDER BY deleted, mean_delay`,
    ),
  ).toEqual([
    { mean_delay: 1, deleted: false },
    { mean_delay: 2, deleted: false },
    { mean_delay: null, deleted: true },
  ]);
});
