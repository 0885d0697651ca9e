import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { connectSchemaRegistry } from '@millrace/event-log';
import { compileAvro } from '@millrace/events';
import { readConfig, type Running } from '@millrace/kernel';
import { createLogger } from '@millrace/telemetry';
import { testStack, uniqueName } from '@millrace/testing';
import { registryConfigSchema, startRegistry } from './index.ts';

const { kafka, schemaRegistry } = testStack();
const about = { owner: 'tests', description: '', tags: {} };
const instances: Running<{ readonly port: number }>[] = [];

function start() {
  const config = readConfig(registryConfigSchema, {
    MILLRACE_KAFKA_BROKERS: kafka.brokers.join(','),
    MILLRACE_SCHEMA_REGISTRY_URL: schemaRegistry.url,
    MILLRACE_REGISTRY_PORT: '0',
  });
  const onFailure = (error: unknown) => {
    throw error;
  };
  return startRegistry({ config, logger: createLogger('registry', 'silent'), onFailure });
}

beforeAll(async () => {
  instances.push(...(await Promise.all([start(), start()])));
});
afterAll(() => Promise.all(instances.map((instance) => instance.stop())));

async function call(method: string, path: string, body?: unknown, instance = 0) {
  const port = instances[instance]?.value.port ?? 0;
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: answer.parse(await response.json()),
  };
}
const answer = z.looseObject({});

function airportOf(name: string, features: Record<string, unknown> = { mean_delay: { type: 'double' } }) {
  const entity = { kind: 'entity', name: `${name}_airport`, keys: { airport: 'string' }, ...about };
  const view = { kind: 'feature-view', name, entity: entity.name, ttl: '1d', features, ...about };
  const service = {
    kind: 'feature-service',
    name: `${name}_service`,
    views: [{ view: name, as: 'origin', features: ['mean_delay'], keys: { airport: 'origin' } }],
    ...about,
  };
  return { entity, view, service };
}

const put = (...definitions: unknown[]) => call('PUT', '/v1/definitions', { definitions });

describe('definitions', () => {
  it('applies definitions in the order of their dependencies, and the second time writes nothing', async () => {
    const name = uniqueName('departures');
    const { entity, view, service } = airportOf(name);
    const planned = await call('POST', '/v1/definitions/plan', { definitions: [service, view, entity] });
    expect(planned.body).toMatchObject({
      definitions: [
        { kind: 'entity', action: 'create', changes: ['key columns airport (string)'] },
        { kind: 'feature-view', name, action: 'create' },
        { kind: 'feature-service', action: 'create' },
      ],
    });
    expect((await call('GET', `/v1/definitions/feature-view/${name}`)).status).toBe(404);

    const applied = await put(service, view, entity);
    expect(applied).toMatchObject({ status: 200, body: planned.body });
    const again = await put(entity, view, service);
    expect(again.body).toMatchObject({
      revision: applied.body['revision'],
      definitions: [{ action: 'unchanged' }, { action: 'unchanged' }, { action: 'unchanged' }],
    });

    const described = await call('GET', `/v1/definitions/feature-view/${name}`);
    const { schemaId, schema } = z.object({ schemaId: z.number(), schema: z.string() }).parse(described.body);
    expect(described.body).toMatchObject({
      topic: `features.${name}`,
      subject: `features.${name}-value`,
      registrations: 1,
      readBy: [`feature service ${name}_service`],
    });
    const registered = await connectSchemaRegistry({ schemaRegistryUrl: schemaRegistry.url }).schemaById(
      schemaId,
    );
    expect(compileAvro(JSON.parse(registered ?? '')).schema()).toEqual(
      compileAvro(JSON.parse(schema)).schema(),
    );
  });

  it('refuses a change that breaks readers, whole and with field and reason, and takes one that does not', async () => {
    const name = uniqueName('departures');
    const { entity, view, service } = airportOf(name);
    await put(entity, view, service);
    const other = airportOf(uniqueName('other')).entity;
    const refused = await put(other, airportOf(name, { mean_delay: { type: 'float' } }).view);
    expect(refused).toMatchObject({
      status: 409,
      type: expect.stringContaining('application/problem+json'),
      body: {
        code: 'DEFINITION_INCOMPATIBLE',
        detail: `feature-view ${name}: feature mean_delay is double and cannot become float; give the new one another name`,
        definitions: [
          { action: 'create' },
          {
            action: 'refuse',
            problems: [{ path: 'features.mean_delay.type', code: 'DEFINITION_INCOMPATIBLE' }],
          },
        ],
      },
    });
    expect((await call('GET', `/v1/definitions/entity/${other.name}`)).status).toBe(404);

    const removed = await put(airportOf(name, { flights: { type: 'int' } }).view);
    expect(removed.body).toMatchObject({
      detail: expect.stringContaining(`feature service ${name}_service reads it`),
    });

    const added = await put(
      airportOf(name, { mean_delay: { type: 'double' }, flights: { type: 'int' } }).view,
    );
    expect(added.body).toMatchObject({
      definitions: [{ action: 'change', changes: ['adds feature flights (int)'] }],
    });
    const dropped = await put(view);
    expect(dropped.body).toMatchObject({ definitions: [{ changes: ['removes feature flights'] }] });
    const revived = await put(
      airportOf(name, { mean_delay: { type: 'double' }, flights: { type: 'string' } }).view,
    );
    expect(revived.body).toMatchObject({
      detail: expect.stringContaining('flights had another type in schema'),
    });
    expect((await call('GET', `/v1/definitions/feature-view/${name}`)).body).toMatchObject({
      registrations: 3,
    });
  });

  it('lets two instances that change at once end in one state that both know, and tears nothing', async () => {
    const names = Array.from({ length: 6 }, () => uniqueName('raced'));
    const outcomes = await Promise.all(
      names.flatMap((name) => {
        const a = airportOf(name);
        const b = airportOf(name);
        const keys = { airport: 'string', terminal: 'int' };
        return [
          call('PUT', '/v1/definitions', { definitions: [a.entity, a.view] }, 0),
          call('PUT', '/v1/definitions', { definitions: [{ ...b.entity, keys }, b.view] }, 1),
        ];
      }),
    );
    for (const [index, name] of names.entries()) {
      const pair = outcomes.slice(index * 2, index * 2 + 2).map(({ status }) => status);
      expect(pair.toSorted((a, b) => a - b)).toEqual([200, 409]);
      const [first, second] = await Promise.all(
        [0, 1].map((at) => call('GET', `/v1/definitions/entity/${name}_airport`, undefined, at)),
      );
      expect(first?.body).toEqual(second?.body);
    }
  });

  it('says where a definition breaks its rules', async () => {
    const { entity } = airportOf(uniqueName('bad'));
    expect(await put({ ...entity, name: 'Not Snake' })).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_INVALID', detail: expect.stringContaining('lower snake case') },
    });
  });
});

describe('models', () => {
  const version = (featureService: string, number: string) => ({
    version: number,
    featureService,
    artifactUri: `models/${number}.onnx`,
    artifactHash: '0'.repeat(64),
    metrics: { auc: 0.7 },
  });

  it('registers, releases and rolls back, with history, and freezes the feature service', async () => {
    const name = uniqueName('model');
    const { entity, view, service } = airportOf(name);
    await put(entity, view, service);
    const path = `/v1/models/${name}`;
    expect((await call('GET', path)).status).toBe(404);
    expect((await call('POST', `${path}/versions`, version(service.name, '1'))).status).toBe(201);
    expect((await call('POST', `${path}/versions`, version(service.name, '1'))).status).toBe(200);
    expect((await call('POST', `${path}/versions`, version(service.name, '2'), 1)).status).toBe(201);
    expect((await call('POST', `${path}/releases`, { version: '1' })).status).toBe(201);
    expect((await call('POST', `${path}/releases`, { version: '2', reason: 'better' })).status).toBe(201);
    const rolledBack = await call('POST', `${path}/rollback`, { fromVersion: '2', reason: 'worse' });
    expect(rolledBack).toMatchObject({
      status: 201,
      body: {
        aliases: { champion: '1' },
        history: [
          {},
          {},
          {},
          { summary: 'champion is version 2 (was 1): better' },
          { event: 'ModelRolledBack' },
        ],
      },
    });
    expect((await call('POST', `${path}/rollback`, { fromVersion: '2' })).status).toBe(200);
    expect(await call('POST', `${path}/rollback`, {})).toMatchObject({
      status: 409,
      body: { code: 'ROLLBACK_IMPOSSIBLE' },
    });
    expect(await put({ ...service, views: [{ ...service.views[0], as: 'destination' }] })).toMatchObject({
      status: 409,
      body: {
        detail: expect.stringContaining(`version 1 of model ${name}, version 2 of model ${name} read`),
      },
    });
  });

  it('lets one of two writers be first, and the other decide again', async () => {
    const name = uniqueName('model');
    const { entity, view, service } = airportOf(name);
    await put(entity, view, service);
    const numbers = Array.from({ length: 8 }, (_, index) => String(index));
    const outcomes = await Promise.all(
      numbers.map((number, index) =>
        call('POST', `/v1/models/${name}/versions`, version(service.name, number), index % 2),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(numbers.map(() => 201));
    const { body } = await call('GET', `/v1/models/${name}`);
    expect(body).toMatchObject({ streamVersion: '8' });
  });
});

it('describes itself', async () => {
  const { body } = await call('GET', '/openapi.json');
  expect(Object.keys(z.object({ paths: z.record(z.string(), z.unknown()) }).parse(body).paths)).toContain(
    '/v1/definitions/plan',
  );
  expect((await call('GET', '/health/ready')).body).toEqual({ status: 'ready', problems: [] });
});
