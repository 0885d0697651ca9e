import { describe, expect, test } from 'vitest';
import { iso, late, micros, useScriptedServer, written } from './testing/scripted-server.ts';

const server = useScriptedServer();

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
    server.answers = [answer];
    const { at, rows } = await server.millrace.online.read(late, [{ from: 'SFO' }], {
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
    expect(server.asked[0]?.body).toEqual({
      service: 'late',
      entities: [{ from: 'SFO' }],
      at: iso,
      minPositions: { t: { 0: 1 } },
      withOrigin: true,
    });
  });

  test('says so when the answer does not fit the definition at hand', async () => {
    server.answers = [
      {
        ...answer,
        body: {
          ...answer.body,
          results: [{ entity: {}, features: { origin__mean_delay: feature('seven') } }],
        },
      },
    ];
    await expect(server.millrace.online.read(late, [{ from: 'SFO' }])).rejects.toMatchObject({
      code: 'VALUE_INVALID',
    });
  });

  test('what was read goes into a prediction as it was', async () => {
    server.answers = [answer, written(1, { predictionIds: ['p'] })];
    const { rows, at } = await server.millrace.online.read(late, [{ from: 'SFO' }], { withOrigin: true });
    const [served] = rows;
    if (served === undefined) throw new Error('no row');
    const result = await server.millrace.predictions.write([
      { model: 'm', modelVersion: '1', entityKey: { from: 'SFO' }, readAt: at, served, output: { value: 1 } },
    ]);
    expect(result.predictionIds).toEqual(['p']);
    expect(server.asked[1]?.body).toMatchObject({
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
