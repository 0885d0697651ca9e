import { randomUUID } from 'node:crypto';
import { type DeadLettered, frame, topics } from '@millrace/events';
import { type Running, SECOND, startTogether, systemClock } from '@millrace/kernel';
import { readService } from '@millrace/online-store';
import { testStack } from '@millrace/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ProjectorFixture, startProjectorFixture } from './testing/projector-fixture.ts';

let fixture: ProjectorFixture;
let running: Running<void>;

beforeAll(async () => {
  running = await startTogether(async (starter) => {
    fixture = await starter.start(() => startProjectorFixture(testStack().redis.url));
  });
});
afterAll(() => running.stop());

async function answer(name: string) {
  const features = fixture.catalog.features([
    { view: fixture.view, feature: 'delay' },
    { view: fixture.view, feature: 'count' },
  ]);
  const { entities } = await readService(fixture.store, features, [{ airport: name }], { withOrigin: true });
  return entities[0];
}

it('brings rows into the store: late ones, copies, deletions and expired ones too', async () => {
  const projector = await fixture.startProjector();
  const [live, deleted, old] = [randomUUID(), randomUUID(), randomUUID()];
  const now = systemClock.now();
  const newest = fixture.row(live, { eventTime: now - SECOND, values: { delay: 2.5, count: 2n ** 60n } });
  const original = fixture.row(deleted, { eventTime: now - SECOND, values: { delay: 1, count: 1n } });
  await fixture.appendAndWait(
    { name: live, value: fixture.encode(newest) },
    {
      name: live,
      value: fixture.encode(
        fixture.row(live, { eventTime: now - 2n * SECOND, values: { delay: 0, count: 0n } }),
      ),
    },
    { name: deleted, value: fixture.encode(original) },
    { name: deleted, value: fixture.encode(fixture.row(deleted, { eventTime: now - SECOND, values: null })) },
    { name: deleted, value: fixture.encode(original) },
    {
      name: old,
      value: fixture.encode(
        fixture.row(old, { eventTime: now - 3601n * SECOND, values: { delay: 1, count: 1n } }),
      ),
    },
  );
  expect(await answer(live)).toMatchObject({
    values: [2.5, 2n ** 60n],
    statuses: ['PRESENT', 'PRESENT'],
    rows: [{ name: fixture.view, status: 'PRESENT', eventTime: now - SECOND, topic: fixture.topic }],
  });
  expect(await answer(deleted)).toMatchObject({ values: [null, null], statuses: ['NOT_FOUND', 'NOT_FOUND'] });
  expect((await answer(old))?.statuses).toEqual(['OUTSIDE_MAX_AGE', 'OUTSIDE_MAX_AGE']);
  await projector.stop();
});

it('makes dead letters of what it cannot process, and goes on', async () => {
  const projector = await fixture.startProjector();
  const name = randomUUID();
  const good = fixture.encode(fixture.row(name, { values: { delay: 1, count: 7n } }));
  const bad = [
    Buffer.from('{"not":"avro"}'),
    Buffer.alloc(0),
    frame(2_000_000_000, good.subarray(5)),
    good.subarray(0, good.length - 1),
    Buffer.concat([good, Buffer.of(1)]),
    fixture.encode(
      fixture.row(name, { eventTime: systemClock.now() + 3600n * SECOND, values: { delay: 9, count: 9n } }),
    ),
  ];
  await fixture.appendAndWait(...[...bad, good].map((value) => ({ name, value })));
  expect((await answer(name))?.values).toEqual([1, 7n]);
  const letters: DeadLettered[] = [];
  const following = await fixture.log.follow({
    topic: topics.deadLetters.name,
    onFailure: (error) => expect.unreachable(String(error)),
    async onRecord({ value }) {
      const decoded = await fixture.codec.decodeIfEvent(value);
      if (decoded?.name === 'DeadLettered' && decoded.event.topic === fixture.topic)
        letters.push(decoded.event);
    },
  });
  await following.value.caughtUp();
  await following.stop();
  expect(letters.map(({ code, value }) => ({ code, value }))).toEqual(
    [
      'EVENT_MALFORMED',
      'EVENT_MALFORMED',
      'SCHEMA_UNKNOWN',
      'EVENT_MALFORMED',
      'EVENT_MALFORMED',
      'EVENT_TOO_FAR_AHEAD',
    ].map((code, index) => ({ code, value: bad[index] })),
  );
  await projector.stop();
});

it('goes on after a stop where the store is, without reading all again', async () => {
  const before = await fixture.startProjector();
  const name = randomUUID();
  await fixture.appendAndWait({
    name,
    value: fixture.encode(fixture.row(name, { values: { delay: 1, count: 1n } })),
  });
  await before.stop();
  const after = await fixture.startProjector();
  await fixture.appendAndWait({
    name,
    value: fixture.encode(fixture.row(name, { values: { delay: 2, count: 2n } })),
  });
  const rowsOf = async () => (await after.value.rows.get()).values.map(({ value }) => value);
  await expect.poll(rowsOf).toEqual([1]);
  expect((await answer(name))?.values).toEqual([2, 2n]);
  await after.stop();
});
