import { afterAll, beforeAll, expect } from 'vitest';
import { z } from 'zod';
import {
  connectKafka,
  connectSchemaRegistry,
  EventCodec,
  type EventLog,
  kafkaConfig,
  type SchemaRegistry,
} from '@millrace/event-log';
import { compileAvro, unframe } from '@millrace/events';
import { defineEntity, defineFeatureService, defineFeatureView } from '@millrace/feature-registry';
import { readConfig, type Running, startTogether } from '@millrace/kernel';
import { createLogger } from '@millrace/telemetry';
import { registerDefinitions, testStack, uniqueName } from '@millrace/testing';
import { gatewayConfigSchema, startGateway } from '../index.ts';
import { type WriteAnswer, writeAnswerSchema } from '../rows/tally.ts';

/** A gateway on the running stack, with a view and a service of its own. */
export interface GatewayFixture {
  readonly log: EventLog;
  readonly registry: SchemaRegistry;
  readonly codec: EventCodec;
  readonly url: string;
}

export const airport = defineEntity({
  name: uniqueName('airport'),
  keys: { airport: 'string' },
  owner: 'tests',
});
export const departures = defineFeatureView({
  name: uniqueName('gateway'),
  entity: airport,
  ttl: '1d',
  owner: 'tests',
  features: {
    mean_delay: { type: 'double' },
    departures: { type: 'int' },
    total: { type: 'long' },
    seen_at: { type: 'timestamp' },
  },
});
export const service = defineFeatureService({
  name: uniqueName('service'),
  owner: 'tests',
  views: [{ view: departures, as: 'origin', features: ['mean_delay', 'total'] }],
});
export const topic = `features.${departures.definition.name}`;
/** Where rows of the view are written. */
export const path = `/v1/features/${departures.definition.name}`;
export const eventTime = '2001-01-31T13:45:00.000001Z';
/** The same in microseconds. */
export const eventMicros = 980948700000001n;

/** Starts a gateway for the tests of a file; call the answer for it within them. */
export function useGateway(): () => GatewayFixture {
  let running: Running<GatewayFixture> | undefined;
  beforeAll(async () => {
    running = await startFixture();
  });
  afterAll(() => running?.stop());
  return () => {
    if (running === undefined) throw new Error('the gateway runs within tests only');
    return running.value;
  };
}

function startFixture(): Promise<Running<GatewayFixture>> {
  const { kafka, schemaRegistry } = testStack();
  return startTogether(async (starter) => {
    const registry = connectSchemaRegistry({ schemaRegistryUrl: schemaRegistry.url });
    const codec = new EventCodec(registry);
    const config = kafkaConfig({ kafkaBrokers: kafka.brokers.join(',') });
    const log = await starter.start(() => connectKafka({ clientId: 'gateway-test', config }));
    await registerDefinitions(log, registry, codec, [airport, departures.definition, service.definition]);
    const url = await starter.start(() => startTestGateway());
    return { log, registry, codec, url };
  });
}

/** Starts a gateway with options of its own; its value is its address. */
export async function startTestGateway(
  environment: Readonly<Record<string, string>> = {},
): Promise<Running<string>> {
  const { kafka, schemaRegistry } = testStack();
  const config = readConfig(gatewayConfigSchema, {
    MILLRACE_KAFKA_BROKERS: kafka.brokers.join(','),
    MILLRACE_SCHEMA_REGISTRY_URL: schemaRegistry.url,
    MILLRACE_GATEWAY_PORT: '0',
    ...environment,
  });
  const onFailure = (error: unknown) => {
    throw error;
  };
  const { value, stop } = await startGateway({
    config,
    logger: createLogger('gateway', 'silent'),
    onFailure,
  });
  return { value: `http://127.0.0.1:${value.port}`, stop };
}

/** Posts a body: text and bytes as they are, anything else as JSON. */
export function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const plain = typeof body === 'string' || body instanceof Uint8Array || body instanceof ReadableStream;
  return fetch(url, {
    method: 'POST',
    body: plain ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
    ...(body instanceof ReadableStream ? { duplex: 'half' as const } : {}),
  });
}

/** The answer to a write, which must have this status. */
export async function answered(response: Response, status: number): Promise<WriteAnswer> {
  const body: unknown = await response.json();
  expect({ status: response.status, body }).toMatchObject({ status });
  return writeAnswerSchema.parse(body);
}

const problemSchema = z.looseObject({ code: z.string(), detail: z.string(), status: z.number() });

/** The problem that a request was answered with, which must have this status. */
export async function refused(response: Response, status: number): Promise<z.output<typeof problemSchema>> {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  const problem = problemSchema.parse(await response.json());
  expect(problem).toMatchObject({ status });
  return problem;
}

/** The record at the position that an answer names. */
export async function recordAt({ log }: GatewayFixture, { positions }: WriteAnswer, from: string) {
  const [[partition, offset] = []] = Object.entries(positions[from] ?? {});
  const record = await log.read({ topic: from, partition: Number(partition), offset: BigInt(offset ?? -1) });
  if (record?.value == null) throw new Error('no record at the answered position');
  return { ...record, value: record.value };
}

const rowEventSchema = z.object({
  envelope: z.object({
    eventId: z.string(),
    eventTime: z.bigint(),
    producer: z.unknown(),
    traceparent: z.unknown(),
  }),
  key: z.unknown(),
  values: z.unknown(),
});

/** The row at the position that an answer names, read as the schema registry says. */
export async function rowAt(fixture: GatewayFixture, answer: WriteAnswer) {
  const { key, value } = await recordAt(fixture, answer, topic);
  const framed = unframe(value);
  const schema = await fixture.registry.schemaById(framed?.schemaId ?? -1);
  const event: unknown = compileAvro(JSON.parse(schema ?? '')).fromBuffer(framed?.payload ?? Buffer.alloc(0));
  return { recordKey: key, ...rowEventSchema.parse(event) };
}
