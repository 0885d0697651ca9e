import { type EventId, newEventId } from '@millrace/events';
import type { Running } from '@millrace/kernel';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RegisteredView } from '@millrace/feature-registry';
import { identifier } from '../clickhouse/sql.ts';
import { featureViewName, rawTableName } from '../feature-table/feature-table.ts';
import type { SnapshotManifest } from '../snapshots/manifest.ts';
import {
  applied,
  type GivenService,
  givenService,
  openSnapshotWorld,
  rowsOf,
  type SnapshotWorld,
  spineOf,
} from '../testing/snapshot-world.ts';
import { writeRows } from '../testing/write-rows.ts';
import { whileLive } from '../snapshots/while-live.ts';
import { physicalTable } from './physical-table.ts';
import { liveGenerations } from './read-marks.ts';

let running: Running<SnapshotWorld>;
let world: SnapshotWorld;
let given: GivenService;
let view: RegisteredView;
let name: string;

beforeAll(async () => {
  running = await openSnapshotWorld();
  world = running.value;
});
afterAll(() => running.stop());
beforeEach(async () => {
  given = await givenService(world.store);
  const [only] = given.service.views;
  if (only === undefined) throw new Error('a service of one view');
  ({ view } = only);
  ({ name } = view.definition);
});

const csv = 'at,airport,gate\n2001-01-20T14:13:20Z,SFO,7\n2001-01-20T14:13:20Z,JFK,7\n';

async function rows<T>(query: string): Promise<T[]> {
  const answer = await world.client.query({ query, format: 'JSONEachRow' });
  return answer.json<T>();
}

/** Asks for a rebuild of the view, and fills the generation with what the one before has. */
async function rebuild(): Promise<number> {
  const { store } = world;
  const [building] = await store.generations.request([{ topic: given.topic, until: null }]);
  const number = building?.number ?? 0;
  await store.ensureView(view, number);
  const raw = rawTableName(name);
  await world.client.command({
    query: `INSERT INTO ${physicalTable(raw, number)} SELECT * FROM ${physicalTable(raw, number - 1)}`,
  });
  await applied(store, given.topic, 0n, 2n, number);
  return number;
}

const create = (): Promise<SnapshotManifest> =>
  world.snapshots.create({ service: given.service, spine: spineOf('csv', csv) });

test('a snapshot gives the same rows from whichever generation is live, under the stable name', async () => {
  const manifest = await create();
  expect(manifest.views[0]?.table).toBe(rawTableName(name));
  const before = await rowsOf(world.snapshots, manifest);
  const number = await rebuild();
  await world.store.generations.goLive([{ topic: given.topic, number }]);
  await world.store.generations.drop({ topic: given.topic, number: 1 });
  expect(await rowsOf(world.snapshots, manifest)).toEqual(before);
  expect(await world.snapshots.verify(manifest)).toEqual({ ok: true, differences: [] });
  expect((await create()).contentHash).toBe(manifest.contentHash);
});

test('a snapshot is not read from a generation that does not hold yet what it knows', async () => {
  const manifest = await create();
  const number = await rebuild();
  await given.write([-1n, 'SFO', 9]);
  const later = await create();
  await world.store.generations.goLive([{ topic: given.topic, number }]);
  expect(await world.snapshots.verify(manifest)).toMatchObject({ ok: true });
  const tooEarly = { code: 'POSITIONS_NOT_REACHED' };
  await expect(world.snapshots.data(later, 'ndjson')).rejects.toMatchObject(tooEarly);
  await expect(world.snapshots.verify(later)).rejects.toMatchObject(tooEarly);
});

test('who reads a table that a rebuild took away is told to try again', async () => {
  const { client, store } = world;
  const { topic } = given;
  const live = await liveGenerations(client, [topic]);
  const read = async () => rows(`SELECT count() FROM ${physicalTable(rawTableName(name), 1)} WHERE nothing`);
  await expect(whileLive(client, live, read)).rejects.not.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  const number = await rebuild();
  const late = whileLive(client, live, async () => {
    await store.generations.goLive([{ topic, number }]);
    await store.generations.drop({ topic, number: 1 });
    return read();
  });
  await expect(late).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});

test('what is being built shows nowhere, half-filled, given up or not', async () => {
  const manifest = await create();
  const number = await rebuild();
  await writeRows(world.store, view, [row(3n, 99)], number);
  await applied(world.store, given.topic, 3n, 3n, number);
  const counted = `SELECT count()::UInt32 AS n FROM ${identifier(featureViewName(name))}`;
  expect(await rows(counted)).toEqual([{ n: 3 }]);
  expect((await create()).contentHash).toBe(manifest.contentHash);
  expect(await world.store.applied([given.topic])).toMatchObject([{ generation: 1, next: 3n }]);
  await world.store.generations.giveUp([{ topic: given.topic, number }]);
  await world.store.generations.drop({ topic: given.topic, number });
  expect(await rows(counted)).toEqual([{ n: 3 }]);
  await expect(world.store.ensureView(view, number)).rejects.toMatchObject({ code: 'INTERNAL' });
});

test('stable names follow the switch: comments are kept, and records stored twice still show once', async () => {
  const number = await rebuild();
  const again = row(3n, 5);
  await writeRows(world.store, view, [again], number);
  await writeRows(world.store, view, [row(4n, 6), again], number);
  await world.store.generations.goLive([{ topic: given.topic, number }]);
  const [raw, once] = [rawTableName(name), featureViewName(name)];
  expect(await rows(`SELECT count()::UInt32 AS n FROM ${raw}`)).toEqual([{ n: 6 }]);
  expect(await rows(`SELECT count()::UInt32 AS n FROM ${once}`)).toEqual([{ n: 5 }]);
  const comment = `SELECT comment FROM system.columns WHERE database = currentDatabase() AND table = '${raw}' AND name = 'event_time'`;
  expect(await rows(comment)).toEqual([{ comment: 'When the row was true in the world.' }]);
});

test('names that a crash left behind the switch are put right by the next look', async () => {
  const number = await rebuild();
  await writeRows(world.store, view, [row(3n, 5)], number);
  // As goLive does, up to the crash.
  await world.client.insert({
    table: 'generations',
    format: 'JSONEachRow',
    values: [{ topic: given.topic, number, mark: 'live', rebuild: 'x', until: null }],
  });
  const counted = `SELECT count()::UInt32 AS n FROM ${identifier(featureViewName(name))}`;
  expect(await rows(counted)).toEqual([{ n: 3 }]);
  expect(await world.store.applied([given.topic])).toMatchObject([{ generation: number }]);
  await world.store.generations.list();
  expect(await rows(counted)).toEqual([{ n: 4 }]);
});

test('through the stable name ClickHouse still uses the primary key and the projection by event time', async () => {
  await writeRows(
    world.store,
    view,
    Array.from({ length: 20_000 }, (_, at) => row(BigInt(at + 10), at, at % 50)),
  );
  const raw = rawTableName(name);
  const explain = async (where: string) => {
    const lines = await rows<{ explain: string }>(
      `EXPLAIN indexes = 1, projections = 1 SELECT sum(delay) FROM ${raw} WHERE ${where}`,
    );
    return lines.map((line) => line.explain).join('\n');
  };
  const window = await explain(
    "event_time >= '2001-01-20 14:13:20.000100' AND event_time < '2001-01-20 14:13:20.000200'",
  );
  expect(window).toContain('by_event_time');
  expect(await explain("airport = 'A7' AND gate = 7")).toMatch(/Granules: 1\b|Condition: .*airport/);
});

/** A row at an offset; by default with an event id and airport of its own. */
function row(offset: bigint, delay: number, airport = Number(offset)) {
  const eventId: EventId = newEventId();
  return {
    eventId,
    key: { airport: `A${airport}`, gate: 7 },
    eventTime: 980_000_000_000_000n + offset,
    partition: 0,
    offset,
    values: { delay, count: 1n, words: [] },
  };
}
