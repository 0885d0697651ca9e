import { randomUUID } from 'node:crypto';
import { type Running, SECOND, startTogether, systemClock } from '@millrace/kernel';
import { BUCKETS } from '@millrace/online-store';
import { testStack } from '@millrace/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type ProjectorFixture, startProjectorFixture } from './testing/projector-fixture.ts';

const PARTITIONS = 4;
const names = Array.from({ length: 300 }, () => randomUUID());

let fixture: ProjectorFixture;
let running: Running<void>;
beforeAll(async () => {
  running = await startTogether(async (starter) => {
    fixture = await starter.start(() => startProjectorFixture(testStack().redis.url, PARTITIONS));
  });
});
afterAll(() => running.stop());

/** Rows of some entities, by a seed: newer and older ones, ties, copies and deletions. */
function someRows(round: number) {
  const now = systemClock.now();
  return Array.from({ length: 150 }, (_, index) => {
    const number = round * 7919 + index * 104_729;
    const name = names[number % names.length] ?? '';
    const values = number % 11 === 0 ? null : { delay: round, count: BigInt(index) };
    return fixture.row(name, { eventTime: now - BigInt(number % 5) * SECOND, values });
  }).flatMap((row, index) => (index % 10 === 0 ? [row, row] : [row]));
}

it('ends equal to the log while two instances join and leave, and generations change', {
  timeout: 120_000,
}, async () => {
  let rounds = 0;
  const flowing = new AbortController();
  const flow = (async () => {
    while (!flowing.signal.aborted) await fixture.appendRows(...someRows(rounds++));
  })();
  const { generations } = fixture.store;
  const isLive = async (number: number) => {
    const list = await generations.list();
    expect(list.some((one) => one.number === number && one.state === 'live')).toBe(true);
  };
  const caughtUp = async () => {
    const offsets = await fixture.appendRows(...someRows(rounds++));
    expect(await fixture.store.waitFor(offsets, 60_000)).toBe(true);
  };

  const first = await fixture.startProjector({ checkpointMs: 200 });
  await caughtUp();
  const second = await fixture.startProjector({ checkpointMs: 200 });
  await caughtUp();
  await generations.request([{ topic: fixture.topic, until: null }]);
  await first.stop();
  await vi.waitFor(() => isLive(2), { timeout: 90_000 });
  const third = await fixture.startProjector({ checkpointMs: 200 });
  await caughtUp();
  await second.stop();
  await caughtUp();
  flowing.abort();
  await flow;
  await caughtUp();
  await fixture.expectEqualToLog();
  const ends = (await fixture.log.spans(fixture.topic)).map(({ next }) => next);
  // The last checkpoint tells every bucket how far all was applied.
  await third.stop();
  const positions = await Promise.all(
    Array.from({ length: BUCKETS }, async (_, bucket) => {
      const { nextOffsets } = await fixture.store.readBucket(bucket);
      return ends.map((_end, partition) => nextOffsets.get(`${fixture.topic}:${partition}`));
    }),
  );
  expect(new Set(positions.map(String))).toEqual(new Set([String(ends)]));
});

it('lets who has read its own writes go on reading them while generations change', {
  timeout: 120_000,
}, async () => {
  const projector = await fixture.startProjector();
  const { generations } = fixture.store;
  const next = Math.max(1, ...(await generations.list()).map(({ number }) => number)) + 1;
  const name = randomUUID();
  const key = fixture.catalog.view(fixture.view).keyCodec.encode({ airport: name });
  const entity = fixture.catalog.view(fixture.view).entity.name;
  let asked = false;
  let after = 0;
  for (let count = 1; after < 20; count++) {
    const row = fixture.row(name, { eventTime: systemClock.now(), values: { delay: count, count: 1n } });
    expect(await fixture.store.waitFor(await fixture.appendRows(row), 60_000)).toBe(true);
    const [found] = await fixture.store.read([{ entity, key, views: [fixture.view] }]);
    expect(found?.[0]?.eventId).toBe(row.eventId);
    if (count === 5) {
      await generations.request([{ topic: fixture.topic, until: null }]);
      asked = true;
    }
    const list = await generations.list();
    if (asked && list.some(({ number, state }) => number === next && state === 'live')) after++;
  }
  await projector.stop();
});
