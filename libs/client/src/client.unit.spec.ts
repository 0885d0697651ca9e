import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defineEntity, defineFeatureService, defineFeatureView } from '@millrace/feature-registry';
import { parseInstant } from '@millrace/kernel';
import { createMillrace, type Millrace } from './index.ts';

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}
interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

let server: Server;
let asked: Asked[];
let answers: (Answer | 'hang up')[];
let millrace: Millrace;

async function answerNext(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const sent = await text(request);
  asked.push({
    method: request.method,
    url: request.url,
    headers: request.headers,
    body: sent === '' ? undefined : JSON.parse(sent),
  });
  const answer = answers.shift() ?? { status: 500 };
  if (answer === 'hang up') request.socket.destroy();
  else response.writeHead(answer.status, answer.headers).end(JSON.stringify(answer.body ?? {}));
}

beforeEach(async () => {
  asked = [];
  answers = [];
  server = createServer((request, response) => void answerNext(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  millrace = createMillrace({
    gatewayUrl: url,
    featureServerUrl: url,
    registryUrl: url,
    monitorUrl: url,
    producer: { service: 'app', version: '2' },
  });
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const airport = defineEntity({ name: 'airport', keys: { airport: 'string' }, owner: 'ops' });
const departures = defineFeatureView({
  name: 'departures',
  entity: airport,
  ttl: '1d',
  owner: 'ops',
  features: {
    mean_delay: { type: 'double' },
    total: { type: 'long' },
    seen_at: { type: 'timestamp' },
    stops: { type: { array: 'timestamp' } },
    place: { type: { embedding: 'float', dimension: 2 } },
  },
});
const late = defineFeatureService({
  name: 'late',
  owner: 'ops',
  views: [
    {
      view: departures,
      as: 'origin',
      features: ['mean_delay', 'total', 'seen_at'],
      keys: { airport: 'from' },
    },
  ],
});
const micros = 980948700000001n;
const iso = '2001-01-31T13:45:00.000001Z';
const written = (accepted: number, rest = {}) => ({
  status: 200,
  body: { accepted, rejected: [], positions: {}, ...rest },
});
const problem = (status: number, code: string, headers = {}) => ({
  status,
  headers,
  body: { status, code, detail: 'because' },
});

describe('writing', () => {
  test('sends rows in the row format, with who sends them', async () => {
    answers = [written(1)];
    await millrace.features(departures).write([
      {
        airport: 'SFO',
        eventTime: micros,
        mean_delay: Number.NaN,
        total: 2n ** 60n,
        seen_at: micros,
        stops: [micros, new Date(0)],
        place: Float32Array.of(1, Infinity),
      },
    ]);
    expect(asked).toMatchObject([
      {
        method: 'POST',
        url: '/v1/features/departures',
        headers: { 'x-millrace-producer': 'app', 'x-millrace-producer-version': '2' },
      },
    ]);
    expect(asked[0]?.body).toEqual({
      atomic: false,
      rows: [
        {
          airport: 'SFO',
          eventTime: iso,
          mean_delay: 'NaN',
          total: '1152921504606846976',
          seen_at: iso,
          stops: [iso, '1970-01-01T00:00:00.000Z'],
          place: [1, 'Infinity'],
        },
      ],
    });
  });

  test('sends again, as the same request, what may succeed later', async () => {
    answers = [
      problem(429, 'OVERLOADED', { 'retry-after': '0' }),
      'hang up',
      problem(503, 'LOG_UNAVAILABLE', { 'retry-after': '0' }),
      written(1),
    ];
    await millrace.features(departures).write([{ airport: 'SFO', eventTime: micros }]);
    expect(asked).toHaveLength(4);
    expect(new Set(asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    answers = [written(1)];
    await millrace.features(departures).write([{ airport: 'SFO', eventTime: micros }]);
    expect(new Set(asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
  });

  test('throws the code of the server, and does not ask again in vain', async () => {
    answers = [problem(404, 'DEFINITION_UNKNOWN')];
    await expect(millrace.features('nothing').write([{ eventTime: micros }])).rejects.toMatchObject({
      code: 'DEFINITION_UNKNOWN',
      message: 'because',
      details: { status: 404 },
    });
    expect(asked).toHaveLength(1);
  });

  test('cuts many rows into requests and puts the answers together', async () => {
    answers = [
      written(500, { positions: { t: { 0: 4, 1: 9 } } }),
      {
        status: 207,
        body: {
          accepted: 249,
          rejected: [{ index: 7, path: 'total', code: 'VALUE_INVALID', message: 'no' }],
          positions: { t: { 0: 6 } },
        },
      },
    ];
    const rows = Array.from({ length: 750 }, (_, index) => ({ airport: `A${index}`, eventTime: micros }));
    const result = await millrace.features(departures).write(rows, { partial: true, idempotencyKey: 'k' });
    expect(result).toEqual({
      accepted: 749,
      rejected: [{ index: 507, path: 'total', code: 'VALUE_INVALID', message: 'no' }],
      positions: { t: { 0: 6, 1: 9 } },
    });
    expect(asked.map(({ headers }) => headers['idempotency-key'])).toEqual(['k', 'k/500']);
  });

  test('refused rows are an error unless they are asked for', async () => {
    answers = [
      {
        status: 422,
        body: {
          accepted: 0,
          rejected: [{ index: 0, path: '', code: 'KEY_INVALID', message: 'no key' }],
          positions: {},
        },
      },
    ];
    await expect(millrace.features('v').write([{ eventTime: micros }])).rejects.toMatchObject({
      code: 'ROWS_REJECTED',
      details: { accepted: 0, rejected: [{ index: 0 }] },
    });
  });

  test('deletes', async () => {
    answers = [written(1)];
    await millrace.features(departures).delete([{ airport: 'SFO', eventTime: micros }]);
    expect(asked[0]?.body).toMatchObject({ rows: [{ airport: 'SFO', eventTime: iso, deleted: true }] });
  });

  test('labels', async () => {
    answers = [written(2)];
    await millrace.labels.write([
      { predictionId: 'p', name: 'late', value: true },
      { entityKey: { route: 7n }, labelTime: micros, name: 'delay', value: 2n ** 60n },
    ]);
    expect(asked[0]?.body).toMatchObject({
      rows: [
        { predictionId: 'p', value: true },
        { entityKey: { route: 7 }, labelTime: iso, value: '1152921504606846976' },
      ],
    });
  });
});

describe('reading online', () => {
  const feature = (value: unknown) => ({
    value,
    status: value === null ? 'NULL_VALUE' : 'PRESENT',
    eventTime: iso,
    origin: { topic: 'features.departures', partition: 3, offset: '17' },
  });
  const answer = {
    status: 200,
    body: {
      service: 'late',
      at: iso,
      results: [
        {
          entity: { from: 'SFO' },
          features: {
            origin__mean_delay: feature('Infinity'),
            origin__total: feature('1152921504606846976'),
            origin__seen_at: feature(iso),
          },
        },
      ],
    },
  };

  test('gives values their types', async () => {
    answers = [answer];
    const { at, rows } = await millrace.online.read(late, [{ from: 'SFO' }], {
      at: micros,
      minPositions: { t: { 0: 1 } },
      withOrigin: true,
    });
    expect(at).toBe(micros);
    expect(rows[0]?.values).toEqual({
      origin__mean_delay: Infinity,
      origin__total: 2n ** 60n,
      origin__seen_at: micros,
    });
    expect(rows[0]?.features.origin__total).toEqual({
      value: 2n ** 60n,
      status: 'PRESENT',
      eventTime: micros,
      origin: { topic: 'features.departures', partition: 3, offset: 17 },
    });
    expect(asked[0]?.body).toEqual({
      service: 'late',
      entities: [{ from: 'SFO' }],
      at: iso,
      minPositions: { t: { 0: 1 } },
      withOrigin: true,
    });
  });

  test('says so when the answer does not fit the definition at hand', async () => {
    answers = [
      {
        ...answer,
        body: {
          ...answer.body,
          results: [{ entity: {}, features: { origin__mean_delay: feature('seven') } }],
        },
      },
    ];
    await expect(millrace.online.read(late, [{ from: 'SFO' }])).rejects.toMatchObject({
      code: 'VALUE_INVALID',
    });
  });

  test('what was read goes into a prediction as it was', async () => {
    answers = [answer, written(1, { predictionIds: ['p'] })];
    const { rows, at } = await millrace.online.read(late, [{ from: 'SFO' }], { withOrigin: true });
    const [served] = rows;
    if (served === undefined) throw new Error('no row');
    const result = await millrace.predictions.write([
      { model: 'm', modelVersion: '1', entityKey: { from: 'SFO' }, readAt: at, served, output: { value: 1 } },
    ]);
    expect(result.predictionIds).toEqual(['p']);
    expect(asked[1]?.body).toMatchObject({
      rows: [
        {
          readAt: iso,
          servedFeatures: [
            { name: 'origin__mean_delay', value: 'Infinity', status: 'PRESENT' },
            { name: 'origin__total', value: '1152921504606846976', status: 'PRESENT' },
            { name: 'origin__seen_at', value: Number(micros), status: 'PRESENT' },
          ],
          servedViews: [
            {
              name: 'origin',
              view: 'departures',
              status: 'PRESENT',
              eventTime: iso,
              partition: 3,
              offset: 17,
            },
          ],
        },
      ],
    });
  });
});

describe('the rest', () => {
  test('definitions go as they are written in code', async () => {
    answers = [
      {
        status: 200,
        body: {
          definitions: [{ kind: 'entity', name: 'airport', action: 'create', changes: [], problems: [] }],
        },
      },
    ];
    expect(await millrace.definitions.apply([airport, departures, late])).toMatchObject([
      { action: 'create' },
    ]);
    expect(asked[0]).toMatchObject({
      method: 'PUT',
      body: {
        definitions: [
          { kind: 'entity' },
          { kind: 'feature-view', entity: 'airport' },
          { kind: 'feature-service' },
        ],
      },
    });
  });

  test('snapshots are asked for by labels or by a spine', async () => {
    const snapshot = { status: 201, body: { id: 's', manifest: { rows: 1 } } };
    answers = [snapshot, problem(404, 'REQUEST_INVALID')];
    expect(
      await millrace.snapshots.create({
        service: late,
        labels: { model: 'm', name: 'late', from: micros, until: iso },
        knownAt: micros,
      }),
    ).toMatchObject({ id: 's' });
    expect(asked[0]?.body).toEqual({
      service: 'late',
      labels: { model: 'm', name: 'late', from: iso, until: iso },
      knownAt: iso,
    });
    await expect(
      millrace.snapshots.create({
        service: 'late',
        spine: '{"t": 1}',
        format: 'ndjson',
        timeColumn: 't',
        strict: true,
      }),
    ).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    expect(asked[1]).toMatchObject({
      url: '/v1/snapshots?service=late&timeColumn=t&strict=true',
      headers: { 'content-type': 'application/x-ndjson' },
    });
  });

  test('windows need the address of a monitor', async () => {
    answers = [{ status: 200, body: { windows: [] } }];
    expect(await millrace.windows.list({ subject: 'departures', from: micros })).toEqual([]);
    expect(asked[0]?.url).toBe(`/v1/windows?subject=departures&from=${encodeURIComponent(iso)}`);
    await expect(createMillrace().windows.watermarks()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('a server that is not there is said to be so', async () => {
    const nobody = createMillrace({ registryUrl: 'http://127.0.0.1:1', attempts: 1 });
    await expect(nobody.definitions.list()).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      retry: true,
    });
    expect(parseInstant(iso)).toEqual({ ok: true, value: micros });
  });
});
