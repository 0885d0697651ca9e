import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  connectKafka,
  connectSchemaRegistry,
  EventCodec,
  type EventLog,
  kafkaConfig,
} from '@millrace/event-log';
import { topics } from '@millrace/events';
import { defineEntity } from '@millrace/feature-registry';
import type { Running } from '@millrace/kernel';
import { registerDefinitions, testStack, uniqueName } from '@millrace/testing';
import { type FollowedDefinitions, followDefinitions } from './definitions.ts';

const registry = connectSchemaRegistry({ schemaRegistryUrl: testStack().schemaRegistry.url });
const codec = new EventCodec(registry);
let log: Running<EventLog>;
let followed: Running<FollowedDefinitions>;

beforeAll(async () => {
  const config = kafkaConfig({ kafkaBrokers: testStack().kafka.brokers.join(',') });
  log = await connectKafka({ clientId: 'test', config });
  followed = await followDefinitions(log.value, codec, (error) => {
    throw error;
  });
});
afterAll(async () => {
  await followed.stop();
  await log.stop();
});

it('learns of a definition that is registered while it follows', async () => {
  const entity = defineEntity({ name: uniqueName('entity'), keys: { id: 'long' }, owner: 'tests' });
  let changes = 0;
  const stopListening = followed.value.onChange(() => void (changes += 1));
  await registerDefinitions(log.value, registry, codec, [entity]);
  await followed.value.caughtUp();
  stopListening();
  expect(followed.value.catalog.entity(entity.name).keys).toEqual({ id: 'long' });
  expect(changes).toBeGreaterThan(0);
});

it('goes on after a record on the topic that is no definition', async () => {
  const topic = topics.definitions.name;
  await log.value.append([{ topic, key: Buffer.from('garbage'), value: Buffer.from('garbage') }]);
  const entity = defineEntity({ name: uniqueName('entity'), keys: { id: 'string' }, owner: 'tests' });
  await registerDefinitions(log.value, registry, codec, [entity]);
  await followed.value.caughtUp();
  expect(followed.value.catalog.entity(entity.name).keys).toEqual({ id: 'string' });
});
