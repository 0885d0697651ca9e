import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defineEntity, defineFeatureService, defineFeatureView } from '@millrace/feature-registry';
import { featureServerConfigSchema, startFeatureServer } from '@millrace/feature-server';
import { gatewayConfigSchema, startGateway } from '@millrace/gateway';
import { readConfig, type Running, startTogether } from '@millrace/kernel';
import { onlineProjectorConfigSchema, startOnlineProjector } from '@millrace/online-projector';
import { registryConfigSchema, startRegistry } from '@millrace/registry';
import { createLogger } from '@millrace/telemetry';
import { testStack, uniqueName } from '@millrace/testing';
import { createMillrace, type Millrace } from './index.ts';

const airport = defineEntity({ name: uniqueName('airport'), keys: { airport: 'string' }, owner: 'tests' });
const departures = defineFeatureView({
  name: uniqueName('client'),
  entity: airport,
  ttl: '1d',
  owner: 'tests',
  features: { mean_delay: { type: 'double' }, total: { type: 'long' }, seen_at: { type: 'timestamp' } },
});
const late = defineFeatureService({
  name: uniqueName('late'),
  owner: 'tests',
  views: [
    { view: departures, as: 'origin', features: ['mean_delay', 'total'], keys: { airport: 'from' } },
    { view: departures, as: 'destination', features: ['seen_at'], keys: { airport: 'to' } },
  ],
});

let running: Running<Millrace>;
beforeAll(async () => {
  running = await startServices();
});
afterAll(() => running.stop());

/** The services that an app's features pass through, on the stack of this run. */
function startServices(): Promise<Running<Millrace>> {
  const { kafka, schemaRegistry, redis, clickhouse } = testStack();
  const environment = {
    MILLRACE_KAFKA_BROKERS: kafka.brokers.join(','),
    MILLRACE_SCHEMA_REGISTRY_URL: schemaRegistry.url,
    MILLRACE_REDIS_URL: redis.url,
    MILLRACE_CLICKHOUSE_URL: clickhouse.url,
    MILLRACE_CLICKHOUSE_USER: clickhouse.user,
    MILLRACE_CLICKHOUSE_PASSWORD: clickhouse.password,
    MILLRACE_CLICKHOUSE_DATABASE: clickhouse.database,
    MILLRACE_GATEWAY_PORT: '0',
    MILLRACE_REGISTRY_PORT: '0',
    MILLRACE_FEATURE_SERVER_PORT: '0',
    MILLRACE_ONLINE_PROJECTOR_PORT: '0',
  };
  const common = {
    logger: createLogger('client-test', 'silent'),
    onFailure: (error: unknown) => {
      throw error;
    },
  };
  return startTogether(async (starter) => {
    const registry = await starter.start(() =>
      startRegistry({ ...common, config: readConfig(registryConfigSchema, environment) }),
    );
    const gateway = await starter.start(() =>
      startGateway({ ...common, config: readConfig(gatewayConfigSchema, environment) }),
    );
    await starter.start(() =>
      startOnlineProjector({ ...common, config: readConfig(onlineProjectorConfigSchema, environment) }),
    );
    const featureServer = await starter.start(() =>
      startFeatureServer({ ...common, config: readConfig(featureServerConfigSchema, environment) }),
    );
    const at = ({ port }: { readonly port: number }) => `http://127.0.0.1:${port}`;
    return createMillrace({
      gatewayUrl: at(gateway),
      registryUrl: at(registry),
      featureServerUrl: at(featureServer),
      producer: { service: 'client-test' },
    });
  });
}

describe('an app', () => {
  test('registers, writes, reads what it wrote, and tells what it was served', async () => {
    const millrace = running.value;
    const plan = await millrace.definitions.apply([airport, departures, late]);
    expect(plan.map(({ action }) => action)).toEqual(['create', 'create', 'create']);

    const eventTime = 980948700000001n;
    const { positions } = await millrace.features(departures).write([
      { airport: 'SFO', eventTime, mean_delay: 7.5, total: 2n ** 60n },
      { airport: 'JFK', eventTime, seen_at: eventTime },
    ]);
    const answer = await millrace.online.read(
      late,
      [
        { from: 'SFO', to: 'JFK' },
        { from: 'JFK', to: 'nowhere' },
      ],
      {
        at: eventTime,
        minPositions: positions,
        withOrigin: true,
      },
    );
    expect(answer.rows.map(({ values }) => values)).toEqual([
      { origin__mean_delay: 7.5, origin__total: 2n ** 60n, destination__seen_at: eventTime },
      { origin__mean_delay: null, origin__total: null, destination__seen_at: null },
    ]);
    expect(answer.rows[1]?.features.origin__total.status).toBe('NULL_VALUE');
    expect(answer.rows[1]?.features.destination__seen_at.status).toBe('NOT_FOUND');

    const [served] = answer.rows;
    if (served === undefined) throw new Error('nothing was served');
    const written = await millrace.predictions.write([
      {
        model: uniqueName('model'),
        modelVersion: '1',
        featureService: late.definition.name,
        entityKey: served.entity,
        readAt: answer.at,
        served,
        output: { class: 'late', score: 0.75 },
      },
    ]);
    expect(written.predictionIds).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    const [predictionId] = written.predictionIds;
    const label = { predictionId: predictionId ?? '', name: 'arrived_late', value: true };
    expect(await millrace.labels.write([label])).toMatchObject({ accepted: 1 });
  });

  test('learns which rows were refused, and why', async () => {
    const write = running.value
      .features(departures.definition.name)
      .write([{ eventTime: 0n, mean_delay: 'much' }]);
    await expect(write).rejects.toMatchObject({
      code: 'ROWS_REJECTED',
      details: {
        rejected: [
          { path: 'airport', code: 'KEY_INVALID' },
          { path: 'mean_delay', code: 'VALUE_INVALID' },
        ],
      },
    });
    await expect(running.value.features('no_such_view').write([{ eventTime: 0n }])).rejects.toMatchObject({
      code: 'DEFINITION_UNKNOWN',
    });
  });
});
