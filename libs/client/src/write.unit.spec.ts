import { describe, expect, test } from 'vitest';
import { departures, iso, micros, problem, useScriptedServer, written } from './testing/scripted-server.ts';

const server = useScriptedServer();

describe('writing', () => {
  test('sends rows in the row format, with who sends them', async () => {
    server.answers = [written(1)];
    await server.millrace.features(departures).write([
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
    expect(server.asked).toMatchObject([
      {
        method: 'POST',
        url: '/v1/features/departures',
        headers: { 'x-millrace-producer': 'app', 'x-millrace-producer-version': '2' },
      },
    ]);
    expect(server.asked[0]?.body).toEqual({
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
    server.answers = [
      problem(429, 'OVERLOADED', { 'retry-after': '0' }),
      'hang up',
      problem(503, 'LOG_UNAVAILABLE', { 'retry-after': '0' }),
      written(1),
    ];
    await server.millrace.features(departures).write([{ airport: 'SFO', eventTime: micros }]);
    expect(server.asked).toHaveLength(4);
    expect(new Set(server.asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    server.answers = [written(1)];
    await server.millrace.features(departures).write([{ airport: 'SFO', eventTime: micros }]);
    expect(new Set(server.asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
  });

  test('throws the code of the server, and does not ask again in vain', async () => {
    server.answers = [problem(404, 'DEFINITION_UNKNOWN')];
    await expect(server.millrace.features('nothing').write([{ eventTime: micros }])).rejects.toMatchObject({
      code: 'DEFINITION_UNKNOWN',
      message: 'because',
      details: { status: 404 },
    });
    expect(server.asked).toHaveLength(1);
  });

  test('cuts many rows into requests and puts the answers together', async () => {
    server.answers = [
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
    const result = await server.millrace
      .features(departures)
      .write(rows, { partial: true, idempotencyKey: 'k' });
    expect(result).toEqual({
      accepted: 749,
      rejected: [{ index: 507, path: 'total', code: 'VALUE_INVALID', message: 'no' }],
      positions: { t: { 0: 6, 1: 9 } },
    });
    expect(server.asked.map(({ headers }) => headers['idempotency-key'])).toEqual(['k', 'k/500']);
  });

  test('refused rows are an error unless they are asked for', async () => {
    server.answers = [
      {
        status: 422,
        body: {
          accepted: 0,
          rejected: [{ index: 0, path: '', code: 'KEY_INVALID', message: 'no key' }],
          positions: {},
        },
      },
    ];
    await expect(server.millrace.features('v').write([{ eventTime: micros }])).rejects.toMatchObject({
      code: 'ROWS_REJECTED',
      details: { accepted: 0, rejected: [{ index: 0 }] },
    });
  });

  test('deletes', async () => {
    server.answers = [written(1)];
    await server.millrace.features(departures).delete([{ airport: 'SFO', eventTime: micros }]);
    expect(server.asked[0]?.body).toMatchObject({
      rows: [{ airport: 'SFO', eventTime: iso, deleted: true }],
    });
  });

  test('labels', async () => {
    server.answers = [written(2)];
    await server.millrace.labels.write([
      { predictionId: 'p', name: 'late', value: true },
      { entityKey: { route: 7n }, labelTime: micros, name: 'delay', value: 2n ** 60n },
    ]);
    expect(server.asked[0]?.body).toMatchObject({
      rows: [
        { predictionId: 'p', value: true },
        { entityKey: { route: 7 }, labelTime: iso, value: '1152921504606846976' },
      ],
    });
  });
});
