import { randomUUID } from 'node:crypto';
import { type Running, SECOND, startTogether, systemClock } from '@millrace/kernel';
import { BUCKETS } from '@millrace/online-store';
import { testStack } from '@millrace/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startCollecting } from './collecting.ts';
import { type ProjectorFixture, startProjectorFixture } from './testing/projector-fixture.ts';

const HOUR = 3600n * SECOND;

let fixture: ProjectorFixture;
let running: Running<void>;
beforeAll(async () => {
  running = await startTogether(async (starter) => {
    fixture = await starter.start(() => startProjectorFixture(testStack().redis.url));
  });
});
afterAll(() => running.stop());

it('collects what the projector wrote once it is out of date by TTL and horizon, and nothing else', async () => {
  const projector = await fixture.startProjector();
  const now = systemClock.now();
  const old = Array.from({ length: 30 }, () =>
    fixture.row(randomUUID(), { eventTime: now - 10n * HOUR, values: { delay: 1, count: 1n } }),
  );
  const current = fixture.row(randomUUID(), {
    eventTime: now + 60n * SECOND,
    values: { delay: 2, count: 2n },
  });
  await fixture.store.waitFor(await fixture.appendRows(...old, current), 60_000);
  await projector.stop();
  await fixture.expectEqualToLog();

  const collect = async (hours: bigint) => {
    let collected = 0;
    let turns = 0;
    const collecting = await startCollecting({
      store: {
        async collect(bucket, views, time) {
          const rows = await fixture.store.collect(bucket, views, time);
          turns++;
          return rows;
        },
      },
      catalog: fixture.catalog,
      horizon: 2n * HOUR,
      everyMs: BUCKETS,
      onCollected: (rows) => {
        collected += rows;
      },
      onTrouble: () => undefined,
      onFailure: (error) => expect.unreachable(String(error)),
      // The TTL of the view is an hour.
      clock: { now: () => now + hours * HOUR },
    });
    await vi.waitFor(() => expect(turns).toBeGreaterThanOrEqual(BUCKETS), { timeout: 60_000 });
    await collecting.stop();
    return collected;
  };
  expect(await collect(2n)).toBe(0);
  await fixture.expectEqualToLog();
  expect(await collect(4n)).toBe(old.length + 1);
});
