import {
  type ServiceAddresses,
  type ServiceName,
  type StackAddresses,
  startServices,
  startStack,
} from '@millrace/embedded';
import { connectKafka, connectSchemaRegistry, EventCodec, kafkaConfig } from '@millrace/event-log';
import { featureTopic } from '@millrace/events';
import { type Running, startTogether } from '@millrace/kernel';
import { z } from 'zod';
import { inspectable, inspectorsOf } from '../live-memory.ts';
import type { Consumed } from './consumption.ts';
import { lifecycleKinds } from './lifecycle-kinds.ts';
import type { Surroundings } from './malformations.ts';
import { rowKinds } from './row-kinds.ts';
import { definitions, layouts, readings } from './views.ts';
import { wrongTypes } from './wrong-types.ts';

const UNKNOWN_IDS = 100;

const env = {
  ...inspectable,
  MILLRACE_LOG_LEVEL: 'warn',
  // Requests that wait for what never comes are to be many, not long.
  MILLRACE_ONLINE_WAIT_MS: '100',
  MILLRACE_SNAPSHOT_WAIT_MS: '500',
};

/** The platform that the records are thrown at. */
export interface FuzzWorld {
  readonly stack: StackAddresses;
  readonly services: ServiceAddresses<ServiceName>;
  /** By service, where it is asked what it holds in memory. */
  readonly inspectors: Readonly<Record<string, string>>;
  readonly around: Surroundings;
  /** What the projectors read. */
  readonly consumed: Consumed;
  /** Services that ended by themselves. */
  readonly ended: readonly string[];
}

/** Starts everything in a folder of its own, with the definitions of the fuzz. */
export function startFuzzWorld(folder: string): Promise<Running<FuzzWorld>> {
  return startTogether(async (starter) => {
    const ended: string[] = [];
    const onFailure = (error: Error) => void ended.push(error.message);
    const stack = await starter.start(() => startStack({ folder, onFailure }));
    const services = await starter.start(() => startServices(stack, { folder, onFailure, env }));
    const inspectors = await inspectorsOf(folder, Object.keys(services));
    await putDefinitions(services.registry.url, definitions);
    const config = kafkaConfig({ kafkaBrokers: stack.kafka.brokers.join(',') });
    const log = await starter.start(() => connectKafka({ clientId: 'fuzz-set-up', config }));
    const codec = new EventCodec(connectSchemaRegistry({ schemaRegistryUrl: stack.schemaRegistry.url }));
    const schemaIds = await viewSchemaIds(stack.schemaRegistry.url);
    const partitionsOf = async (topic: string) => (await log.spans(topic)).length;
    const views = [readings.definition.name, layouts.definition.name];
    const [view = ''] = views;
    const rows = rowKinds(await partitionsOf(featureTopic(view)), (name) => schemaIds.get(name) ?? 0);
    const lifecycle = await lifecycleKinds(partitionsOf, (topic, name) => codec.schemaId(topic, name));
    const [first, ...rest] = [...rows, ...rows, ...lifecycle];
    if (first === undefined) throw new Error('there are no kinds of events');
    return {
      stack,
      services,
      inspectors,
      ended,
      around: {
        kinds: [first, ...rest],
        unknownSchemaIds: [
          900_000,
          ...Array.from({ length: UNKNOWN_IDS - 1 }, (_, i) => 900_001 + i * 7_919),
        ],
        wrongTypes: await wrongTypes([...rows, ...lifecycle], (subject, schema) =>
          registerSchema(stack.schemaRegistry.url, subject, { schema }),
        ),
        // Somebody else in the house may use another language.
        otherSchemaId: await registerSchema(stack.schemaRegistry.url, 'fuzz-other-value', {
          schemaType: 'PROTOBUF',
          schema: 'syntax = "proto3"; message Other { string text = 1; }',
        }),
      },
      consumed: {
        online: views.map(featureTopic),
        offline: [...new Set([...rows, ...lifecycle].map(({ topic }) => topic))],
      },
    };
  });
}

/** Registers definitions as a user does. */
export async function putDefinitions(registry: string, wanted: readonly object[]): Promise<void> {
  const response = await fetch(`${registry}/v1/definitions`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ definitions: wanted }),
  });
  if (!response.ok)
    throw new Error(`the definitions were refused: ${response.status} ${await response.text()}`);
}

const idSchema = z.object({ id: z.number() });

async function viewSchemaIds(registry: string): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  for (const { definition } of [readings, layouts]) {
    const response = await fetch(
      `${registry}/subjects/${featureTopic(definition.name)}-value/versions/latest`,
    );
    ids.set(definition.name, idSchema.parse(await response.json()).id);
  }
  return ids;
}

/** Registers a schema as any producer may, and tells its id. */
async function registerSchema(registry: string, subject: string, schema: object): Promise<number> {
  const response = await fetch(`${registry}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify(schema),
  });
  return idSchema.parse(await response.json()).id;
}
