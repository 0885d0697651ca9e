import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compileAvro, featureTopic, frame, KeyCodec, newEventId, packPosition } from '@millrace/events';
import {
  defineEntity,
  defineFeatureService,
  defineFeatureView,
  featureRowSchema,
} from '@millrace/feature-registry';
import { parseInstant, startTogether } from '@millrace/kernel';
import { connectRedisOnlineStore, type OnlineStore } from '@millrace/online-store';
import { testStack, uniqueName } from '@millrace/testing';
import { registerForTest } from './testing/register.ts';
import { startTestServer } from './testing/start-test-server.ts';

const name = uniqueName('served');
const airport = defineEntity({
  name: `${name}_airport`,
  keys: { airport: 'string', terminal: 'long' },
  owner: 'tests',
});
const view = defineFeatureView({
  name,
  entity: airport,
  ttl: '1d',
  owner: 'tests',
  features: {
    mean_delay: { type: 'double' },
    flights: { type: 'long' },
    code: { type: 'string' },
    open: { type: 'bool' },
    seen: { type: 'timestamp' },
    shares: { type: { array: 'float' } },
    never: { type: 'int' },
  },
});
const service = defineFeatureService({
  name: `${name}_service`,
  owner: 'tests',
  views: [
    { view, as: 'origin', features: ['mean_delay', 'flights', 'never'], keys: { airport: 'from' } },
    { view, as: 'destination', features: ['code'], keys: { airport: 'to' } },
  ],
});
const row = compileAvro(featureRowSchema(view.definition, airport));
const keys = new KeyCodec(airport.keys);
const topic = featureTopic(name);
const time = (text: string) => {
  const parsed = parseInstant(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
};

function prepare() {
  return startTogether(async (starter) => {
    const { url, log, schemas } = await starter.start(() =>
      startTestServer({ MILLRACE_ONLINE_WAIT_MS: '200' }),
    );
    const ids = await registerForTest([airport, view.definition, service.definition], log, schemas);
    const store = await starter.start(() => connectRedisOnlineStore({ url: testStack().redis.url }));
    await store.resumeFrom({ topic, generation: 1, partition: 1 });
    return { url, store, schemaId: ids.get(name) ?? 0 };
  });
}

let running: Awaited<ReturnType<typeof prepare>>;
beforeAll(async () => {
  running = await prepare();
});
afterAll(() => running.stop());

async function write(
  store: OnlineStore,
  offset: bigint,
  key: { airport: string; terminal: bigint },
  eventTime: string,
  values: Record<string, unknown>,
) {
  const all = {
    mean_delay: null,
    flights: null,
    code: null,
    open: null,
    seen: null,
    shares: null,
    never: null,
    ...values,
  };
  const eventId = newEventId();
  const producer = { service: 'test', version: null, commit: null };
  const envelope = { eventId, eventTime: time(eventTime), producer, traceparent: null };
  const value = frame(running.value.schemaId, row.toBuffer({ envelope, key, values: all }));
  const position = packPosition({ epoch: 0, partition: 1, offset });
  await store.write(
    [
      {
        entity: airport.name,
        key: keys.encode(key),
        view: name,
        eventTime: time(eventTime),
        position,
        eventId,
        recordedAt: time(eventTime),
        value,
      },
    ],
    { topic, generation: 1, partition: 1, nextOffset: offset + 1n },
  );
}

async function read(body: unknown) {
  const response = await fetch(`${running.value.url}/v1/online`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: z.looseObject({}).parse(await response.json()) };
}

describe('online reads', () => {
  const big = 2n ** 62n + 1n;

  it('answers a service for several entities, with statuses, and origins when asked', async () => {
    const { store } = running.value;
    await write(store, 4n, { airport: 'SFO', terminal: big }, '2001-01-31T12:00:00Z', {
      mean_delay: 7.5,
      flights: big,
    });
    await write(store, 5n, { airport: 'JFK', terminal: big }, '2001-01-30T11:00:00Z', { code: 'a "b"' });
    const answer = await read({
      service: `${name}_service`,
      at: '2001-01-31T12:00:00.000001Z',
      withOrigin: true,
      minPositions: { [topic]: { 1: 5 } },
      entities: [
        { from: 'SFO', to: 'JFK', terminal: String(big) },
        { from: 'SFO', to: 'LAX', terminal: null },
      ],
    });
    const origin = (offset: number) => ({ topic, partition: 1, offset });
    const eventTime = '2001-01-31T12:00:00.000000Z';
    expect(answer).toMatchObject({
      status: 200,
      body: { service: `${name}_service`, at: '2001-01-31T12:00:00.000001Z' },
    });
    expect(answer.body['results']).toEqual([
      {
        entity: { from: 'SFO', terminal: String(big), to: 'JFK' },
        features: {
          origin__mean_delay: { value: 7.5, status: 'PRESENT', eventTime, origin: origin(4) },
          origin__flights: { value: String(big), status: 'PRESENT', eventTime, origin: origin(4) },
          origin__never: { value: null, status: 'NULL_VALUE', eventTime, origin: origin(4) },
          destination__code: {
            value: null,
            status: 'OUTSIDE_MAX_AGE',
            eventTime: '2001-01-30T11:00:00.000000Z',
            origin: origin(5),
          },
        },
      },
      {
        entity: { from: 'SFO', terminal: null, to: 'LAX' },
        features: Object.fromEntries(
          ['origin__mean_delay', 'origin__flights', 'origin__never', 'destination__code'].map((feature) => [
            feature,
            { value: null, status: 'NOT_FOUND' },
          ]),
        ),
      },
    ]);
  });

  it('answers a list of features, every type in the row format', async () => {
    const { store } = running.value;
    const key = { airport: 'ORD', terminal: -3n };
    const values = {
      mean_delay: Number.NEGATIVE_INFINITY,
      flights: -3n,
      code: '',
      open: false,
      seen: 1n,
      shares: [0.5, Number.NaN, -0],
    };
    await write(store, 6n, key, '2001-01-31T12:00:00Z', values);
    const features = ['mean_delay', 'flights', 'code', 'open', 'seen', 'shares'].map(
      (feature) => `${name}__${feature}`,
    );
    const { body } = await read({
      features,
      at: '2001-01-31T12:00:00Z',
      entities: [{ airport: 'ORD', terminal: -3 }],
    });
    const present = (value: unknown) => ({ value, status: 'PRESENT' });
    expect(body).toMatchObject({
      service: null,
      results: [
        {
          features: {
            [`${name}__mean_delay`]: present('-Infinity'),
            [`${name}__flights`]: present(-3),
            [`${name}__code`]: present(''),
            [`${name}__open`]: present(false),
            [`${name}__seen`]: present('1970-01-01T00:00:00.000001Z'),
            [`${name}__shares`]: present([0.5, 'NaN', -0]),
          },
        },
      ],
    });
  });

  it.each([
    [{ service: 'nobody', entities: [] }, 404, 'DEFINITION_UNKNOWN', 'nobody'],
    [{ features: ['x'], entities: [] }, 400, 'REQUEST_INVALID', 'x is not a name'],
    [
      { service: `${name}_service`, entities: [{ from: 'SFO', to: 'JFK' }] },
      422,
      'KEY_INVALID',
      'entities.0.terminal is missing',
    ],
    [
      { service: `${name}_service`, entities: [{ from: 'SFO', to: 'JFK', terminal: 1.5 }] },
      422,
      'KEY_INVALID',
      'whole number',
    ],
    [{ service: `${name}_service`, entities: [], at: '2001-01-31 12:00' }, 422, 'TIME_INVALID', 'zone'],
    [
      { service: `${name}_service`, entities: [], entitys: [] },
      400,
      'REQUEST_INVALID',
      'entitys is no field',
    ],
    [
      { service: `${name}_service`, entities: [], minPositions: { [topic]: { 1: 99 } } },
      504,
      'POSITIONS_NOT_REACHED',
      '200 ms',
    ],
  ])('refuses %j with %i', async (request, status, code, detail) => {
    expect(await read(request)).toMatchObject({
      status,
      body: { code, detail: expect.stringContaining(detail) },
    });
  });
});
