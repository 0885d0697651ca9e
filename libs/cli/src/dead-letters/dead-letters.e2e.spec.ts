import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startServices, stackVariables } from '@millrace/embedded';
import {
  connectKafka,
  connectSchemaRegistry,
  EventCodec,
  type EventLog,
  kafkaConfig,
} from '@millrace/event-log';
import {
  compileAvro,
  type EventId,
  featureTopic,
  frame,
  KeyCodec,
  newEventId,
  topics,
} from '@millrace/events';
import { defineEntity, defineFeatureView, featureRowSchema } from '@millrace/feature-registry';
import { type Running, startTogether } from '@millrace/kernel';
import { registerDefinitions, testStack, uniqueName } from '@millrace/testing';
import { z } from 'zod';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { clickHouseOf, storesConfig } from '../io/stores.ts';
import { run } from '../program.ts';
import { type ForgetfulRegistry, startForgetfulRegistry } from '../testing/forgetful-registry.ts';
import { recordedTerminal } from '../testing/recorded-terminal.ts';
import { placeText } from './name-letters.ts';

interface World {
  readonly log: EventLog;
  readonly lost: ForgetfulRegistry;
  /** Written with a schema that the registry has lost. */
  readonly eventId: EventId;
}

const entity = defineEntity({
  name: uniqueName('airport'),
  keys: { [uniqueName('code')]: 'string' },
  owner: 'test',
});
const [keyColumn = ''] = Object.keys(entity.keys);
const view = defineFeatureView({
  name: uniqueName('revived'),
  entity,
  ttl: null,
  owner: 'test',
  features: { delay: { type: 'double' } },
});
const { name } = view.definition;
const topic = featureTopic(name);
const WAIT = { timeout: 100_000, interval: 500 };

let running: Running<World>;
beforeAll(async () => {
  running = await startTogether(async (starter) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-dead-letters-'));
    starter.onStop(() => rm(folder, { recursive: true, force: true }));
    const stack = testStack();
    const log = await starter.start(() =>
      connectKafka({
        clientId: 'test',
        config: kafkaConfig({ kafkaBrokers: stack.kafka.brokers.join(',') }),
      }),
    );
    const registry = connectSchemaRegistry({ schemaRegistryUrl: stack.schemaRegistry.url });
    await registerDefinitions(log, registry, new EventCodec(registry), [entity, view.definition]);
    // A producer writes with a schema that has one feature more.
    const ahead = defineFeatureView({
      ...view.definition,
      entity,
      features: { delay: { type: 'double' }, wind: { type: 'double' } },
    });
    const schema = JSON.stringify(featureRowSchema(ahead.definition, entity));
    const schemaId = await registry.register(`${topic}-value`, schema);
    const lost = await starter.start(() => startForgetfulRegistry(stack.schemaRegistry.url));
    lost.forget(schemaId);
    const around = { ...stack, schemaRegistry: { url: lost.url } };
    const services = ['registry', 'online-projector', 'offline-projector'] as const;
    const addresses = await starter.start(() => startServices(around, { folder, services }));
    for (const [variable, value] of Object.entries(stackVariables(around))) vi.stubEnv(variable, value);
    vi.stubEnv('MILLRACE_REGISTRY_URL', addresses.registry.url);
    starter.onStop(() => void vi.unstubAllEnvs());
    const eventId = newEventId();
    const value = frame(
      schemaId,
      compileAvro(JSON.parse(schema)).toBuffer({
        envelope: {
          eventId,
          eventTime: 980_000_000_000_001n,
          producer: { service: 'test', version: null, commit: null },
          traceparent: null,
        },
        key: { [keyColumn]: 'SFO' },
        values: { delay: 7.5, wind: 3 },
      }),
    );
    const key = new KeyCodec(entity.keys).encode({ [keyColumn]: 'SFO' });
    await log.append([
      { topic, key, value },
      { topic, key: Buffer.from('garbage'), value: Buffer.from('not avro at all') },
    ]);
    return { log, lost, eventId };
  });
});
afterAll(() => running.stop());

async function millrace<S extends z.ZodType>(
  args: readonly string[],
  schema: S,
): Promise<{ readonly code: ExitCode; readonly answer: z.output<S> }> {
  const terminal = recordedTerminal();
  const code = await run(['dead-letters', ...args, '--json'], terminal);
  const written = terminal.written() === '' ? terminal.complaints() : terminal.written();
  return { code, answer: schema.parse(JSON.parse(written)) };
}

const letterSchema = z.looseObject({
  id: z.string(),
  state: z.string(),
  code: z.string(),
  partition: z.number(),
  offset: z.string(),
  replayOf: z.string().nullable(),
});
const listSchema = z.object({ deadLetters: z.array(letterSchema) });
const outcomesSchema = z.looseObject({
  changed: z.number(),
  unchanged: z.number(),
  failed: z.number(),
  outcomes: z.array(z.looseObject({ id: z.string(), replayedTo: z.string().optional() })),
});

async function listed(...args: readonly string[]) {
  return (await millrace(['list', '--topic', topic, ...args], listSchema)).answer.deadLetters;
}

/** How many offsets of the topic are a row or a dead letter, and the rows that the view shows. */
async function offsetsInStore(): Promise<unknown> {
  const client = await clickHouseOf(storesConfig());
  try {
    const answer = await client.value.query({
      query: `SELECT uniqExact(at) AS offsets, (SELECT count() FROM features_${name}) AS rows FROM (
        SELECT (toUInt64(partition), toUInt64(offset)) AS at FROM features_${name}_raw
        UNION ALL SELECT (toUInt64(source_partition), toUInt64(source_offset)) FROM dead_letters WHERE source_topic = {topic: String})`,
      query_params: { topic },
      format: 'JSONEachRow',
    });
    const [row] = await answer.json();
    return row;
  } finally {
    await client.stop();
  }
}

async function records(): Promise<bigint> {
  const spans = await running.value.log.spans(topic);
  return spans.reduce((sum, { first, next }) => sum + next - first, 0n);
}

it('lists each record that died once, and inspects it', async () => {
  await vi.waitFor(async () => expect(await listed()).toHaveLength(2), WAIT);
  const [lost] = await listed('--code', 'SCHEMA_UNKNOWN');
  const inspected = await millrace(['inspect', lost?.id ?? ''], z.looseObject({ value: z.looseObject({}) }));
  expect(inspected.answer.value).toMatchObject({ problem: expect.stringMatching(/has no schema/) });
  const terminal = recordedTerminal();
  const [garbage] = await listed('--code', 'EVENT_MALFORMED');
  const place = `${topic}/${garbage?.partition}@${garbage?.offset}`;
  expect(await run(['dead-letters', 'inspect', place], terminal)).toBe(exitCodes.ok);
  expect(terminal.written()).toMatch(/not avro at all/);
});

it('replays: one that is still broken is a new dead letter, linked to the first', async () => {
  const [first] = await listed('--code', 'SCHEMA_UNKNOWN');
  const before = await records();
  const replay = ['replay', first?.id ?? '', '--by', 'ann', '--reason', 'try'];
  expect(await millrace(replay, outcomesSchema)).toMatchObject({
    code: exitCodes.ok,
    answer: { changed: 1, failed: 0, outcomes: [{ id: first?.id, replayedTo: expect.any(String) }] },
  });
  expect(await millrace(replay, outcomesSchema)).toMatchObject({
    code: exitCodes.ok,
    answer: { changed: 0, unchanged: 1, failed: 0 },
  });
  expect(await records()).toBe(before + 1n);
  await vi.waitFor(async () => {
    const all = await listed('--code', 'SCHEMA_UNKNOWN', '--state', 'all');
    expect(all).toMatchObject([
      { state: 'open', replayOf: first?.id, partition: first?.partition },
      { state: 'replayed', replayOf: null, resolvedBy: 'ann', resolutionReason: 'try' },
    ]);
  }, WAIT);
});

it('replays what was mended: into both stores, once, with its own event id', async () => {
  const { lost, eventId } = running.value;
  lost.rememberAll();
  const [letter] = await listed('--code', 'SCHEMA_UNKNOWN');
  const replay = ['replay', '--all', '--topic', topic, '--code', 'SCHEMA_UNKNOWN'];
  expect(await millrace(replay, z.unknown()).catch(() => 'refused')).toBe('refused');
  expect(await millrace([...replay, '--yes'], outcomesSchema)).toMatchObject({
    code: exitCodes.ok,
    answer: { changed: 1, outcomes: [{ id: letter?.id }] },
  });
  const traceSchema = z.looseObject({
    offline: z.array(z.looseObject({ table: z.string(), event_id: z.string() })),
    online: z.array(z.looseObject({ found: z.boolean(), eventId: z.string().optional() })),
  });
  await vi.waitFor(
    async () => {
      // Services believe for some seconds that there is no such schema; what dies again meanwhile is replayed again.
      await millrace([...replay, '--yes'], outcomesSchema);
      const terminal = recordedTerminal();
      expect(await run(['trace', eventId, '--json'], terminal)).toBe(exitCodes.ok);
      const { offline, online } = traceSchema.parse(JSON.parse(terminal.written()));
      expect(offline).toMatchObject([{ event_id: eventId }]);
      expect(online).toMatchObject([{ found: true, eventId }]);
    },
    { ...WAIT, interval: 2000 },
  );
  await vi.waitFor(async () => expect(await listed('--code', 'SCHEMA_UNKNOWN')).toEqual([]), WAIT);
});

it('discards with a reason, once, and refuses what makes no sense', async () => {
  const [garbage] = await listed();
  const discard = (id: string, reason = 'a test of the sender') =>
    millrace(['discard', id, '--reason', reason], outcomesSchema);
  const id = garbage?.id ?? '';
  expect(await discard(id, ' ')).toMatchObject({
    code: exitCodes.refused,
    answer: { outcomes: [{ error: { code: 'DEAD_LETTER_REASON_MISSING' } }] },
  });
  expect(await discard(id)).toMatchObject({ code: exitCodes.ok, answer: { changed: 1 } });
  expect(await discard(id)).toMatchObject({ code: exitCodes.ok, answer: { changed: 0, unchanged: 1 } });
  await vi.waitFor(async () => expect(await listed()).toEqual([]), WAIT);
  const [replayed] = await listed('--state', 'replayed');
  expect(await discard(replayed?.id ?? '')).toMatchObject({
    code: exitCodes.refused,
    answer: { outcomes: [{ error: { code: 'DEAD_LETTER_REPLAYED' } }] },
  });
  expect(await discard(`${topic}/0@999999`)).toMatchObject({
    code: exitCodes.notFound,
    answer: { outcomes: [{ error: { code: 'DEAD_LETTER_UNKNOWN' } }] },
  });
});

it('leaves no offset of the topic that is neither a row nor a dead letter', async () => {
  const counted = await offsetsInStore();
  expect(counted).toEqual({ offsets: String(await records()), rows: '1' });
});

it('finds garbage on every topic, and the services go on', async () => {
  const places = await running.value.log.append(
    Object.values(topics).map((each) => ({
      topic: each.name,
      key: Buffer.from('garbage'),
      value: Buffer.from('not avro at all'),
    })),
  );
  const inspected = z.looseObject({ letter: z.looseObject({ code: z.string(), state: z.string() }) });
  for (const place of places) {
    await vi.waitFor(async () => {
      const { code, answer } = await millrace(['inspect', placeText(place)], inspected);
      expect(code).toBe(exitCodes.ok);
      expect(answer.letter).toMatchObject({ code: 'EVENT_MALFORMED', state: 'open' });
    }, WAIT);
  }
});
