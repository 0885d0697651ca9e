import type { StoresVerified } from '@millrace/events';
import { topics } from '@millrace/events';
import { EventCodec } from '@millrace/event-log';
import { defineEntity, defineFeatureView } from '@millrace/feature-registry';
import { type Running, startTogether, systemClock } from '@millrace/kernel';
import { bucketOf } from '@millrace/online-store';
import { createLogger, createMetrics } from '@millrace/telemetry';
import { uniqueName } from '@millrace/testing';
import { openVerificationWorld, type VerificationWorld } from '@millrace/verification/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verificationMetrics } from './metrics.ts';
import { type ScheduleParts, VerificationSchedule } from './schedule.ts';

const INTERVAL = 3_600_000_000n;
const entity = defineEntity({ name: uniqueName('airport'), keys: { airport: 'string' }, owner: 'tests' });
const view = uniqueName('watched');
const { definition } = defineFeatureView({
  name: view,
  entity,
  ttl: null,
  owner: 'tests',
  features: { delay: { type: 'double' } },
});

let running: Running<VerificationWorld>;
let world: VerificationWorld;
beforeAll(async () => {
  running = await openVerificationWorld(2);
  world = running.value;
  await world.define(entity, definition);
  const eventTime = systemClock.now();
  await world.append(
    view,
    Array.from({ length: 40 }, (_, i) => ({
      key: { airport: `A${i}` },
      eventTime,
      values: { delay: i },
    })),
  );
  await world.project(view);
});
afterAll(() => running.stop());

/** A schedule that has a whole pass behind it after {@link pass}; the topics of others are left out. */
function givenSchedule(options: Partial<Pick<ScheduleParts, 'sizes' | 'tellEvery' | 'stores'>> = {}) {
  const metrics = createMetrics('test');
  const schedule = new VerificationSchedule({
    connect: () => startTogether(() => Promise.resolve(world.parts)),
    log: world.log,
    codec: new EventCodec(world.parts.registry),
    metrics: verificationMetrics(metrics),
    logger: createLogger('test', 'silent'),
    interval: INTERVAL,
    stores: world.storeName,
    sizes: { buckets: 512, offsets: 1_000 },
    partsOf: (all) =>
      all.filter(({ scope, subject }) => scope === 'parity' || subject === `features.${view}`),
    ...options,
  });
  const pass = async () => {
    for (let part = 0; part < 3; part += 1) await schedule.step();
  };
  return { pass, metrics, schedule };
}

/** What the log has about the stores since a time. */
async function told(since: bigint): Promise<readonly StoresVerified[]> {
  const codec = new EventCodec(world.parts.registry);
  const events = new Map<string, StoresVerified>();
  const { name } = topics.verifications;
  await world.log.scan(name, await world.log.spans(name), async (records) => {
    for (const { value } of records) {
      const decoded = await codec.decodeIfEvent(value);
      if (decoded?.name === 'StoresVerified' && decoded.event.startedAt >= since)
        events.set(decoded.event.envelope.eventId, decoded.event);
    }
  });
  return [...events.values()];
}

it('tells at the end of a pass that nothing was found, once for all instances', async () => {
  const since = systemClock.now();
  const { pass, metrics } = givenSchedule();
  await Promise.all([pass(), givenSchedule().pass()]);
  const events = await told(since);
  expect(events).toMatchObject([
    { kind: 'conservation', subject: 'all', parts: 3, checked: 40n, ok: true, differences: [] },
    {
      kind: 'parity',
      subject: 'all',
      parts: 3,
      checked: 40n,
      ok: true,
      lost: 0n,
      doubled: 0n,
      differing: 0n,
    },
  ]);
  const text = await metrics.metrics();
  expect(text).toMatch(/millrace_verification_parts_total\{.*scope="parity",outcome="equal".*\} 2/);
  expect(text).toMatch(/millrace_verification_differences\{.*scope="parity",kind="lost".*\} 0/);
  expect(text).toMatch(/millrace_verification_pass_timestamp_seconds\{?.*\}? [1-9]/);
});

it('tells at once what it finds', async () => {
  const since = systemClock.now();
  const key = world.view(view).keyCodec.encode({ airport: 'A7' });
  const prefix = `${world.storeName}:2:{${bucketOf(key)}}:`;
  await world.redis.del(Buffer.concat([Buffer.from(`${prefix}e:${entity.name}:`), key]));
  const { pass, metrics } = givenSchedule();
  await pass();
  const found = (await told(since)).filter(({ ok }) => !ok);
  expect(found).toMatchObject([
    {
      kind: 'parity',
      subject: expect.stringMatching(/^buckets \d+-\d+$/),
      lost: 1n,
      differences: [
        { kind: 'lost', entityKey: 'airport=A7', reason: expect.stringContaining('Redis lacks') },
      ],
    },
    { kind: 'parity', subject: 'all', lost: 1n },
  ]);
  expect(await metrics.metrics()).toMatch(
    /millrace_verification_differences\{.*scope="parity",kind="lost".*\} 1/,
  );
});

it('looks at the whole log and every bucket in small parts, and goes on after a restart where it was', async () => {
  const since = systemClock.now();
  const stores = `${world.storeName} in parts`;
  const options = { stores, sizes: { buckets: 512, offsets: 10 }, tellEvery: 1 };
  const ends = (await world.log.spans(`features.${view}`)).map(({ next }) => next);
  const stretches = Math.ceil(Math.max(...ends.map(Number)) / 5);
  const before = givenSchedule(options);
  for (let part = 0; part < 3; part += 1) await before.schedule.step();
  expect(await before.metrics.metrics()).not.toMatch(
    /millrace_verification_pass_timestamp_seconds[^\n]* [1-9]/,
  );

  const after = givenSchedule(options);
  for (let part = 3; part < stretches + 2; part += 1) await after.schedule.step();
  const pass = (await told(since)).filter((event) => event.stores === stores && event.subject === 'all');
  expect(new Set(pass.map(({ runId, startedAt }) => `${runId} ${startedAt}`)).size).toBe(1);
  for (const kind of ['conservation', 'parity']) {
    const events = pass.filter((event) => event.kind === kind);
    const all = stretches + 2;
    expect(events.at(-1)).toMatchObject({ part: all, parts: all });
    // Nothing was looked at twice, and nothing left out; an entity is missing since the test before.
    expect(events.at(-1)?.checked).toBe(40n);
  }
  const offsets = pass.findLast(({ kind }) => kind === 'conservation')?.offsets;
  expect(offsets?.map(({ offset }) => offset + 1n)).toEqual(ends);
  const text = await after.metrics.metrics();
  expect(text).toMatch(/millrace_verification_pass_ratio[^\n]* 1/);
  expect(text).toMatch(/millrace_verification_pass_timestamp_seconds[^\n]* [1-9]/);

  const again = givenSchedule(options);
  await again.schedule.step();
  expect(await again.metrics.metrics()).toMatch(/millrace_verification_pass_timestamp_seconds[^\n]* [1-9]/);
  const begun = (await told(since))
    .filter((event) => event.stores === stores)
    .map((event) => event.startedAt);
  expect(begun.some((at) => at > (pass[0]?.startedAt ?? at))).toBe(true);
});
