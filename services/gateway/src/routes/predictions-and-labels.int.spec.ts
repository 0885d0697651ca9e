import { describe, expect, test } from 'vitest';
import { topics } from '@millrace/events';
import {
  answered,
  departures,
  eventMicros,
  eventTime,
  post,
  recordAt,
  service,
  useGateway,
} from '../testing/gateway-fixture.ts';

const gateway = useGateway();
const at = (route: string) => gateway().url + route;

describe('predictions and labels', () => {
  test('a prediction keeps what was served, typed by its feature service', async () => {
    const response = await post(at('/v1/predictions'), {
      model: 'late_arrival',
      modelVersion: '3',
      alias: 'champion',
      featureService: service.definition.name,
      entityKey: { airport: 'SFO', flight: 7 },
      eventTime,
      readAt: eventTime,
      servedViews: [
        {
          name: 'origin',
          view: departures.definition.name,
          status: 'PRESENT',
          eventTime,
          partition: 2,
          offset: 17,
        },
      ],
      servedFeatures: {
        origin__mean_delay: { value: 3, status: 'PRESENT', eventTime },
        origin__total: { value: '9007199254740993' },
      },
      output: { class: true, score: 0.75, probabilities: { true: 0.75, false: 0.25 } },
      segments: { carrier: 'UA' },
      latencyMicros: 1500,
    });
    const answer = await answered(response, 200);
    const { value, key } = await recordAt(gateway(), answer, topics.predictions.name);
    const { name, event } = await gateway().codec.decode(value);
    expect({ name, event }).toMatchObject({
      name: 'PredictionMade',
      event: {
        model: 'late_arrival',
        entityKey: { airport: 'SFO', flight: '7' },
        readAt: eventMicros,
        servedViews: [{ name: 'origin', partition: 2, offset: 17n }],
        servedFeatures: [
          { name: 'origin__mean_delay', status: 'PRESENT', value: { double: 3 } },
          { name: 'origin__total', status: 'PRESENT', value: { long: 9007199254740993n } },
        ],
        output: { class: 'true', score: 0.75, value: null },
        latencyMicros: 1500n,
        predictionId: event.envelope.eventId,
      },
    });
    expect(answer.predictionIds).toEqual([event.envelope.eventId]);
    expect(key?.subarray(1).toString()).toBe(event.envelope.eventId);
  });

  test('bad predictions are named, as NDJSON too', async () => {
    const good = { model: 'm', modelVersion: '1', entityKey: { airport: 'SFO' }, output: { value: 1.5 } };
    const bad = [
      { ...good, ouput: {}, eventTime: 'yesterday' },
      { ...good, output: {} },
      {
        ...good,
        featureService: service.definition.name,
        servedFeatures: [{ name: 'origin__total', value: 1.5 }],
      },
    ];
    const lines = [good, ...bad].map((row) => JSON.stringify(row)).join('\n');
    const headers = { 'content-type': 'application/x-ndjson' };
    const answer = await answered(await post(at('/v1/predictions'), lines, headers), 207);
    expect(answer.rejected.map(({ index, path: field, code }) => `${index} ${field} ${code}`)).toEqual([
      '1 eventTime TIME_INVALID',
      '1 ouput FIELD_UNKNOWN',
      '2 output VALUE_INVALID',
      '3 servedFeatures.origin__total VALUE_INVALID',
    ]);
    expect(answer.predictionIds?.map((id) => id !== null)).toEqual([true, false, false, false]);
  });

  test('a label names a prediction, or an entity and a time', async () => {
    const written = await answered(
      await post(at('/v1/labels'), { predictionId: 'p-1', name: 'arrived_late', value: true }),
      200,
    );
    const { value } = await recordAt(gateway(), written, topics.labels.name);
    expect(await gateway().codec.decode(value)).toMatchObject({
      name: 'LabelObserved',
      event: { predictionId: 'p-1', entityKey: null, name: 'arrived_late', value: { boolean: true } },
    });
    await answered(
      await post(at('/v1/labels'), {
        entityKey: { airport: 'SFO' },
        labelTime: eventTime,
        name: 'delay',
        value: 12.5,
      }),
      200,
    );
    expect(await answered(await post(at('/v1/labels'), { name: 'delay', value: 1 }), 422)).toMatchObject({
      rejected: [{ index: 0, path: 'predictionId', code: 'KEY_INVALID' }],
    });
  });
});
