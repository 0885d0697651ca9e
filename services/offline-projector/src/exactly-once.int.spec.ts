import { setTimeout as pause } from 'node:timers/promises';
import { groupMishaps, mishapOfIdleGroup, mishapOfRunningGroup } from '@millrace/event-log/testing';
import type { Running } from '@millrace/kernel';
import { physicalTable } from '@millrace/offline-store';
import { groupOf } from '@millrace/processing';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { OfflineProjector } from './service.ts';
import { openProjectorWorld, type ProjectorWorld, type WorldView } from './testing/projector-world.ts';

let running: Running<ProjectorWorld>;
let world: ProjectorWorld;
beforeAll(async () => {
  running = await openProjectorWorld({ partitions: 4 });
  world = running.value;
});
afterAll(() => running.stop());

const PATIENCE = { timeout: 90_000, interval: 200 };

/** A projector for the time of the test. */
async function started(): Promise<Running<OfflineProjector>> {
  const projector = await world.startProjector();
  onTestFinished(() => projector.stop());
  return projector;
}

/**
 * The oracle: in every partition distinct offsets and dead letters are the span of the log, the ranges cover it, and
 * the view counts each event id once.
 */
async function whenExact(view: WorldView, events: number): Promise<void> {
  await vi.waitFor(
    async () => expect(await world.stateOf(view)).toEqual(await world.expected(view, events)),
    PATIENCE,
  );
  expect(world.failures).toEqual([]);
}

test('with instances that come and go while rows flow, every record is there and counts once', async () => {
  const view = await world.newView();
  const stopping = new AbortController();
  let sent = 0;
  const sending = (async () => {
    while (!stopping.signal.aborted) {
      await world.send(view, sent, sent + 200);
      sent += 200;
      await pause(50);
    }
  })();
  const first = await started();
  await vi.waitFor(async () => expect((await world.stateOf(view)).events).toBeGreaterThan(0), PATIENCE);
  const second = await started();
  await vi.waitFor(() => expect(sent).toBeGreaterThan(1_000), PATIENCE);
  await first.stop();
  const third = await started();
  await vi.waitFor(() => expect(sent).toBeGreaterThan(3_000), PATIENCE);
  await second.stop();
  stopping.abort();
  await sending;
  await whenExact(view, sent);
  await third.stop();
}, 120_000);

test('what becomes of committed offsets, while a projector runs and while none does, changes nothing', async () => {
  const struck = await Promise.all(
    groupMishaps.map(async (mishap) => {
      const view = await world.newView();
      const groupId = groupOf('offline-projector', { topic: view.topic, number: 1 });
      return { mishap, view, place: { brokers: world.brokers, groupId, topic: view.topic } };
    }),
  );
  const sendAll = (from: number, until: number) =>
    Promise.all(struck.map(({ view }) => world.send(view, from, until)));
  const allExact = (events: number) => Promise.all(struck.map(({ view }) => whenExact(view, events)));
  await sendAll(0, 100);
  const first = await world.startProjector();
  await allExact(100);
  await Promise.all(
    struck.map(({ mishap, view, place }) =>
      mishapOfRunningGroup(place, mishap, () => world.send(view, 100, 200)),
    ),
  );
  await sendAll(200, 300);
  await allExact(300);
  await first.stop();
  await sendAll(300, 400);
  await Promise.all(struck.map(({ mishap, place }) => mishapOfIdleGroup(place, mishap)));
  const second = await started();
  await allExact(400);
  // Nothing was read again.
  const metrics = await (await fetch(`${second.value.url}/metrics`)).text();
  for (const { view } of struck)
    expect(metrics).toMatch(
      new RegExp(`^millrace_offline_projector_rows_total\\{.*topic="${view.topic}".*\\} 100$`, 'm'),
    );
}, 240_000);

test('a hole below the largest stored offset is filled again', async () => {
  const view = await world.newView();
  await world.send(view, 0, 400);
  const first = await world.startProjector();
  await whenExact(view, 400);
  await first.stop();
  // As two owners for a moment leave it: a stretch that nobody stored, and ranges behind it.
  const [row] = await world.rows<{ next: string }>(
    `SELECT max(offset) + 1 AS next FROM ${view.raw} WHERE partition = 1`,
  );
  const next = Number(row?.next);
  await world.command(
    `ALTER TABLE ${physicalTable(view.raw, 1)} DELETE WHERE partition = 1 AND offset BETWEEN 10 AND 19`,
  );
  await world.command(`ALTER TABLE applied_ranges DELETE WHERE topic = '${view.topic}' AND partition = 1`);
  for (const [from, last] of [
    [0, 9],
    [20, next - 1],
  ])
    await world.command(
      `INSERT INTO applied_ranges (topic, partition, first_offset, last_offset, rows) VALUES ('${view.topic}', 1, ${from}, ${last}, 1)`,
    );
  expect((await world.stateOf(view)).events).toBe(390);
  await started();
  await whenExact(view, 400);
}, 90_000);

test('copies of an event count once, whenever and wherever they come', async () => {
  const view = await world.newView();
  await world.send(view, 0, 100);
  const first = await world.startProjector();
  await whenExact(view, 100);
  await world.send(view, 50, 120);
  await world.send(view, 0, 10, { otherKey: true });
  await whenExact(view, 120);
  await first.stop();
  await world.send(view, 90, 130);
  await started();
  await whenExact(view, 130);
}, 90_000);

test('a rebuild that is interrupted goes on, goes live at once, and holds what the log has', async () => {
  const view = await world.newView();
  await world.send(view, 0, 600);
  await world.sendGarbage(view, 3);
  const first = await world.startProjector();
  await whenExact(view, 600);
  const { generations } = world.store;
  const [building] = await generations.request([{ topic: view.topic, until: null }]);
  expect(building?.number).toBe(2);
  await first.stop();
  await world.send(view, 600, 900);
  const second = await started();
  await vi.waitFor(async () => expect(await liveOf(view)).toBe(2), PATIENCE);
  expect((await world.stateOf(view)).events).toBeGreaterThanOrEqual(600);
  await world.send(view, 900, 1_000);
  await whenExact(view, 1_000);
  // The one that was live is dropped after its grace, with all that was said of it.
  await vi.waitFor(async () => {
    const left = (await generations.list()).filter(({ topic }) => topic === view.topic);
    expect(left.map(({ number, state }) => [number, state])).toEqual([[2, 'live']]);
  }, PATIENCE);
  const gone = `SELECT count()::UInt32 AS n FROM system.tables WHERE database = currentDatabase() AND name = '${physicalTable(view.raw, 1)}'`;
  expect(await world.rows(gone)).toEqual([{ n: 0 }]);
  await whenExact(view, 1_000);
  await second.stop();
}, 150_000);

async function liveOf(view: WorldView): Promise<number | undefined> {
  const known = (await world.store.generations.list()).filter(({ topic }) => topic === view.topic);
  return known.find(({ state }) => state === 'live')?.number;
}
